// Histories that once went wrong, and why. A change of the generator changes what a seed means, so each is kept as the scenario that
// its seed drew at the time: `npm run sim -- --seed N --save` writes one, `npm run sim -- --regressions` plays them all. What chance
// does within a scenario still follows the calls that Slipway makes; the sure proof of a mended fault is the test that came with it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_FAULTS, PATIENT_PEOPLE, type Scenario } from './scenario.ts';

export interface Regression {
  seed: number;
  /** What was wrong, as a rule with Slipway. */
  cause: string;
}

export const REGRESSIONS: readonly Regression[] = [
  { seed: 81, cause: 'A start that Lambda believed dead and its retry both went on to UpdateService, and two deployments were made.' },
  { seed: 104, cause: 'The state machine did not retry a function that was killed, since its error has another name than was written.' },
  { seed: 107, cause: 'A notice that SNS refused once ended the release, since the error has another name in Step Functions.' },
  { seed: 115, cause: 'While the token was revoked, a message whose answer was lost was taken for not posted, and was posted a second time.' },
  { seed: 128, cause: 'ECS still showed the deployment configuration of the release before; taken for the service\'s own, it would have stayed for ever.' },
  { seed: 153, cause: 'A start that ran twice at once made two deployments of one stage.' },
  { seed: 212, cause: 'A push event that came late rolled its older image out over a newer one, which had finished meanwhile.' },
  { seed: 1004, cause: 'The SDK repeated an UpdateService that had taken effect and answered 500: a second deployment.' },
  { seed: 1064, cause: 'Pauses of the release before were not recognised as its leftovers, since its alarms had changed in between.' },
  { seed: 1105, cause: 'The call of a function that was killed was still under way when its retry found no deployment and made another.' },
  { seed: 1106, cause: 'All tasks of the new revision had died during a bake, and it was given more traffic all the same.' },
  { seed: 1172, cause: 'After an approval that took long, traffic was shifted to a revision without tasks.' },
  { seed: 1174, cause: 'A revision whose tasks crashed after they had been healthy went on to its next weight.' },
  { seed: 401132, cause: 'Nothing of Slipway\'s: all tasks crashed just before an advance, what ECS answered was twenty seconds old, and the judge of weights allowed for fifteen in all.' },
  { seed: 401322, cause: 'Nothing of Slipway\'s: whoever was to begin the execution that rescues died three times, and the judges did not wait for the round that mends it.' },
  { seed: 15775885, cause: 'Nothing of Slipway\'s: a task that crashed every twenty seconds had run when Slipway looked, and the judge of weights had forgotten it with its end.' },
  { seed: 15727635, cause: 'Nothing of Slipway\'s: a rollback led back to an old revision whose task had crashed by itself, and the judge of weights took it amiss.' },
  { seed: 12150665, cause: 'A run died between moving the release on to its next stage and giving the service back; whoever rescued it began at the next stage, and the service stayed taken.' },
  { seed: 12150751, cause: 'Two images were pushed in the same second; the one pushed first waited for the other, and was rolled out over it.' },
  { seed: 429, cause: 'A look told that it rolls back and died before it had written that down for itself; the alarm was over by the next look, which went on.' },
  { seed: 264, cause: 'Nothing of Slipway\'s: a release was given up after its executions had ended early again and again, and the judge of leaks did not know that it is left as it is.' },
  { seed: 4201, cause: 'Nothing of Slipway\'s: somebody else\'s deployment lost its tasks while it was let through the pauses in its way, and the judge of weights took it for ours.' },
  { seed: 4686, cause: 'Nothing of Slipway\'s: Slack took no token and then no Lambda ran for a day; what could not be said lay in its dead-letter queue, and the judge of Slack did not look there.' },
  { seed: 910376, cause: 'A call of a try to fall asleep that had timed out took the place of the try after it; the next ring woke nobody.' },
  { seed: 3980, cause: 'A look whose call for the alarms hung counted the bake from its beginning, when the weight it saw at its end was not there yet.' },
];

const fileOf = (seed: number): string => join(import.meta.dirname, 'regressions', `seed-${seed}.json`);

/** Habits that people have acquired since are not theirs, nor are faults that were added. */
export async function savedScenario(seed: number): Promise<Scenario> {
  const saved = JSON.parse(await readFile(fileOf(seed), 'utf8')) as Scenario;
  return { ...saved, people: { ...PATIENT_PEOPLE, ...saved.people }, faults: { ...NO_FAULTS, ...saved.faults } };
}

/** Answers where. */
export async function saveScenario(scenario: Scenario): Promise<string> {
  const file = fileOf(scenario.seed);
  await writeFile(file, `${JSON.stringify(scenario, undefined, 1)}\n`);
  return file;
}
