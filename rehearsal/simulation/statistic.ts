// What occurred in how many seeds: that every fault, act and position of a switch has had its turn is shown, and not only believed.
import { SWITCH_POSITIONS } from './generate.ts';
import { FAULT_NAMES, type Act, type Scenario, type Surface } from './scenario.ts';

/** What a scenario says by itself; what came of it is marked in the history. */
export function marksOf({ specification, switches, faults, acts, requestsPerSecond, slack, services }: Scenario): string[] {
  const stages = Object.values(specification.pipelines).flatMap((pipeline) => pipeline.stages);
  const strategies = stages.map(({ strategy }) => `strategy ${typeof strategy === 'string' ? strategy : (Object.keys(strategy as object)[0] ?? '')}`);
  return [
    ...strategies,
    ...Object.entries(switches).map(([name, position]) => (name === 'ecsReadLagMs' ? `switch ecsReadLagMs ${position === 0 ? 'none' : 'some'}` : `switch ${name} ${String(position)}`)),
    ...FAULT_NAMES.filter((name) => faults[name] === 0).map((name) => `fault ${name} off`),
    ...(faults.skewMs > 0 ? ['fault skewMs'] : []),
    ...(requestsPerSecond === undefined ? [] : ['plan traffic']),
    ...(slack ? ['plan Slack'] : ['plan Slack off']),
    ...(stages.length > 1 ? ['plan two stages'] : []),
    ...(stages.some(({ before }) => before !== undefined) ? ['plan approval before a stage'] : []),
    ...['"need":2', '"notBy"', '"escalate"', '"including"', '"remind"', '"requests"', '"bakeAfter"', '"approval"'].filter((key) => JSON.stringify(stages).includes(key)).map((key) => `plan ${key.replaceAll('"', '')}`),
    ...(services.some(({ desiredCount }) => desiredCount === 1) ? ['plan one task'] : []),
    ...(acts.length === 0 ? ['plan no acts'] : []),
  ];
}

const SURFACES: readonly Surface[] = ['cli', 'dashboard', 'slack'];
const TAKEN_ACTS: readonly Act['kind'][] = ['foreignUpdate', 'foreignStop', 'stopExecution', 'lambdasDead', 'deploy', 'retry', 'undo', 'hold', 'unhold', 'freeze', 'unfreeze', 'oldButton'];

/** What must not be missing, nor rare. */
const EXPECTED: readonly string[] = [
  ...FAULT_NAMES.flatMap((name) => [`fault ${name}`, `fault ${name} off`]),
  ...['down', 'dead', 'mute', 'limited', 'slow', 'killed', 'tokenRevoked'].map((fate) => `Slack ${fate}`),
  ...TAKEN_ACTS.map((kind) => `act ${kind}`),
  ...['ALARM', 'INSUFFICIENT_DATA', 'OK'].map((state) => `act alarm ${state}`),
  ...['approve', 'reject', 'abort', 'promote'].flatMap((kind) => SURFACES.map((surface) => `decision ${kind} by ${surface}`)),
  'decision override by slack', 'decision override by cli',
  ...['race', 'doubleClick', 'bothWays', 'inBoth'].map((habit) => `people ${habit}`),
  ...['rolling', 'blueGreen', 'canary', 'linear'].map((kind) => `strategy ${kind}`),
  ...['succeeded', 'unchanged', 'rolledBack', 'rejected', 'aborted', 'superseded', 'timedOut', 'refused', 'failed'].map((outcome) => `outcome ${outcome}`),
  ...['releaseStarted', 'stageStarted', 'approvalAsked', 'approvalReminded', 'approvalEscalated', 'frozen', 'weightReached', 'rollbackStarted', 'stageEnded', 'rescued'].map((kind) => `notice ${kind}`),
  ...Object.entries(SWITCH_POSITIONS).flatMap(([name, positions]) => positions.map((position) => `switch ${name} ${position}`)),
  'switch ecsReadLagMs none', 'switch ecsReadLagMs some',
];

const RARE = 0.03;

export class Statistic {
  private readonly seedsWith = new Map<string, number>();
  private seeds = 0;

  add(marks: Iterable<string>): void {
    this.seeds += 1;
    for (const mark of new Set(marks)) this.seedsWith.set(mark, (this.seedsWith.get(mark) ?? 0) + 1);
  }

  /** Of what must occur, what did so in less than `RARE` of the seeds. */
  rare(): string[] {
    return EXPECTED.filter((mark) => (this.seedsWith.get(mark) ?? 0) < RARE * this.seeds);
  }

  /** A line for each group, commonest first, and one for what is rare. */
  lines(): string[] {
    const groups = new Map<string, string[]>();
    const share = (mark: string) => (this.seedsWith.get(mark) ?? 0) / this.seeds;
    for (const mark of [...new Set([...this.seedsWith.keys(), ...EXPECTED])].sort((one, other) => share(other) - share(one))) {
      const [group = '', ...words] = mark.split(' ');
      groups.set(group, [...(groups.get(group) ?? []), `${words.join(' ')} ${(100 * share(mark)).toFixed(0)} %`]);
    }
    const rare = this.rare();
    return [
      `in how many of ${this.seeds} seeds it occurred:`,
      ...[...groups].sort(([one], [other]) => one.localeCompare(other)).map(([group, marks]) => `  ${group}: ${marks.join(', ')}`),
      rare.length === 0 ? `  nothing that must occur did so in less than ${100 * RARE} % of them` : `  in less than ${100 * RARE} % of them: ${rare.join(', ')}`,
    ];
  }
}
