// What Slipway sends to people by e-mail, word for word: testing/golden.txt, one text for everything that can be told, each made by the
// rule that makes it in a release. After a change that is meant, write it again with `UPDATE_GOLDEN=1 npx jest core/notice` and read it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putQuestion, waitForPeople } from '../assess/ask-people.ts';
import { assess } from '../assess/assess.ts';
import { assessBeforeStage } from '../assess/before-stage.ts';
import { stopCause } from '../assess/stop-cause.ts';
import type { Assessment, DeploymentView } from '../assess/verdict.ts';
import { HOUR_MS, MINUTE_MS } from '../duration.ts';
import { releaseEnd } from '../release/end.ts';
import { goesOn, type Outcome, type Release, type StageRecord } from '../release/model.ts';
import { alarm, ask, canary, decision, deploymentView, look, NOW_MS, observation, pausedAt, pipeline, reachedAgo, release, rule, stageRecord, stageSpec } from '../testing/samples.ts';
import { endText } from './end-words.ts';
import { noticeOf, type Notice } from './notice.ts';
import { givenUpText, releaseStartedText, rescuedText, rolloutStartedText, tasksDiedText } from './texts.ts';

const staging = stageSpec({ name: 'staging', service: { cluster: 'staging', name: 'checkout', container: 'app' }, strategy: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 } });
const about: Release = release({ pipeline: pipeline({ stages: [stageSpec(), staging] }) });
const stage = stageRecord();
const breaker: Partial<DeploymentView> = { rollbackReason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.' };
const failure: StageRecord['failure'] = {
  summary: tasksDiedText(2),
  stoppedTasks: ['a117', 'b228'].map((id) => ({ taskArn: `arn:aws:ecs:eu-west-1:123456789012:task/prod/${id}`, stoppedReason: 'Essential container in task exited', exitCodes: [{ container: 'app', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }] })),
  lastLogLines: ['{"level":"error","event":"crashed"}'],
};
const fired = { ...look(), observation: observation({ deployment: pausedAt(25), alarms: [alarm('checkout-5xx', 'ALARM', 'Threshold Crossed: 1 datapoint [20.0] was greater than the threshold (5.0).')] }) };

const of = ({ notice, stage: then }: Pick<Assessment, 'notice' | 'stage'>, more: Partial<Release> = {}): Notice => noticeOf({ ...about, ...more }, then, notice!.kind, notice!.text);
const reasonOf = (verdict: Assessment['verdict']): { outcome: Outcome; reason: string } => (verdict.kind === 'ended' ? verdict : { outcome: 'failed', reason: 'the sample does not end' });
const stageEnd = ({ outcome, reason }: { outcome: Outcome; reason: string }, more: Partial<StageRecord> = {}): Notice => noticeOf(about, stageRecord(more), 'stageEnded', endText('The rollout', outcome, reason), outcome);
const over = (outcome: Outcome, reason: string, more: Partial<Release> = {}): Notice => noticeOf({ ...about, ...more }, goesOn(outcome) ? undefined : stage, 'releaseEnded', endText('The release', outcome, reason), outcome);
const stopped = (input: Partial<Parameters<typeof stopCause>[0]>) => stopCause({ release: about, stage: stageRecord({ asks: [ask()] }), decisions: [], alarms: [], nowMs: NOW_MS, ...input })!;
const nudged = (rules: Parameters<typeof rule>[0], agoMs: number) => waitForPeople(stage, ask({ rule: rule(rules), askedAtMs: NOW_MS - agoMs, deadlineMs: NOW_MS + 30 * MINUTE_MS }), NOW_MS);

const told: Record<string, Notice> = {
  'a release has started': noticeOf(about, undefined, 'releaseStarted', releaseStartedText(about)),
  'a release of an image without a tag has started': noticeOf({ ...about, image: { ...about.image, tag: undefined } }, undefined, 'releaseStarted', releaseStartedText({ ...about, image: { ...about.image, tag: undefined } })),
  'a rollout has started': noticeOf(about, stage, 'stageStarted', rolloutStartedText(stageSpec())),
  'a rolling rollout has started': noticeOf(about, stageRecord({ index: 1 }), 'stageStarted', rolloutStartedText(staging)),
  'a weight is reached': of(assess(look({ observation: observation({ deployment: pausedAt(5) }) }))),
  'a weight is reached that bakes by requests': of(assess(look({ spec: stageSpec({ strategy: { ...canary, steps: [{ weightPercent: 5, bake: { forMs: MINUTE_MS, requests: 2000 }, approval: undefined }] } as typeof canary }), observation: observation({ deployment: pausedAt(5) }) }))),
  'one of several is asked': of(assess(look({ stage: reachedAgo(25, HOUR_MS), observation: observation({ deployment: pausedAt(25) }) }))),
  'two are asked before a stage': of(putQuestion({ stage, nowMs: NOW_MS }, 'before.0', rule({ from: ['alice', 'bob', 'carol'], need: 2, including: [{ name: 'leads', oneOf: ['bob', 'carol'] }] }), 'Roll out to production?')),
  'anybody is asked, and silence approves': of(putQuestion({ stage, nowMs: NOW_MS }, 'before.0', rule({ from: [], otherwise: 'approve' }), 'Roll out to production?')),
  'people are reminded': of(nudged({ remindMs: HOUR_MS }, HOUR_MS)),
  'more people are asked': of(nudged({ escalate: { to: ['dave', 'erin'], afterMs: HOUR_MS } }, 2 * HOUR_MS)),
  'a freeze': of(assessBeforeStage({ release: about, stage: { ...stage, deployment: undefined }, spec: stageSpec(), decisions: [], freezes: [{ pipeline: undefined, reason: 'Christmas: nobody is here.', by: 'alice', callerArn: 'arn', via: 'dashboard', atMs: NOW_MS, untilMs: Date.UTC(2026, 11, 27) }], nowMs: NOW_MS })),
  'an alarm rolls back': of(assess(fired)),
  'ECS rolls back by itself': of(assess(look({ observation: observation({ deployment: deploymentView({ status: 'ROLLBACK_IN_PROGRESS', ...breaker }) }) }))),
  'somebody else rolls back': of(assess(look({ observation: observation({ deployment: deploymentView({ status: 'ROLLBACK_REQUESTED' }) }) }))),
  'a rollback is slow': of(assess(look({ stage: stageRecord({ rollingBack: { outcome: 'rolledBack', reason: 'alarm checkout-5xx fired', decidedAtMs: NOW_MS - HOUR_MS, requestedAtMs: NOW_MS - HOUR_MS } }), observation: observation({ deployment: deploymentView({ status: 'ROLLBACK_IN_PROGRESS' }) }) }))),
  'a rollout succeeded': stageEnd(reasonOf(assess(look({ observation: observation({ deployment: deploymentView({ status: 'SUCCESSFUL' }) }) })).verdict)),
  'a rollout succeeded on a service without tasks': stageEnd(reasonOf(assess(look({ observation: observation({ deployment: deploymentView({ status: 'SUCCESSFUL', tasks: { running: 0, requested: 0 } }) }) })).verdict)),
  'a rollout was rolled back, and what died': stageEnd(reasonOf(assess(look({ observation: observation({ deployment: deploymentView({ status: 'ROLLBACK_SUCCESSFUL', ...breaker }) }) })).verdict), { failure }),
  'a rollback failed': stageEnd(reasonOf(assess(look({ observation: observation({ deployment: deploymentView({ status: 'ROLLBACK_FAILED', statusReason: 'no healthy revision' }) }) })).verdict)),
  'a rollout was refused': stageEnd({ outcome: 'refused', reason: 'the alarm checkout-5xx is in ALARM. Wait until it is OK, or say `onAlarmAtStart: proceed` for a hotfix.' }),
  'a release succeeded': over('succeeded', releaseEnd([stageRecord({ status: 'ended', outcome: 'succeeded' })]).reason),
  'a release changed nothing': over('unchanged', releaseEnd([stageRecord({ status: 'ended', outcome: 'unchanged' })]).reason),
  'a release was rejected': over('rejected', stopped({ decisions: [decision({ kind: 'reject', person: 'bob', reason: 'prices look wrong' })] }).reason),
  'a release was aborted': over('aborted', stopped({ decisions: [decision({ kind: 'abort', askKey: undefined })] }).reason),
  'a release was superseded': over('superseded', stopped({ release: { ...about, challengedBy: 'checkout-v1.3.0-cd34cd34' } }).reason),
  'a release ran out of time': over('timedOut', stopped({ nowMs: NOW_MS + 3 * HOUR_MS }).reason),
  'a release ran out of time with one approval of two': over('timedOut', stopped({ stage: stageRecord({ asks: [ask({ rule: rule({ need: 2 }) })] }), decisions: [decision()], nowMs: NOW_MS + 3 * HOUR_MS }).reason),
  'an undo failed': over('failed', 'ECS stopped the deployment without rolling back.', { undoes: { releaseId: 'checkout-v1.1.0-cd34cd34', taskDefinitionArn: 'arn' } }),
  'an execution was rescued': noticeOf(about, undefined, 'rescued', rescuedText('checkout-v1.2.0-ab12ab12', 'States.Timeout', 'checkout-v1.2.0-ab12ab12-rescue-1')),
  'an execution was given up': noticeOf(about, undefined, 'rescued', givenUpText('States.Timeout', stageSpec().service), 'failed'),
};

const RULER = '='.repeat(80);
const asText = (named: [string, Notice][]): string => named.map(([name, { subject, message }]) => `${RULER}\n${name}\n${RULER}\nSubject: ${subject}\n\n${message}\n`).join('\n');

const GOLDEN = join(process.cwd(), 'core/notice/testing/golden.txt');
if (process.env['UPDATE_GOLDEN']) writeFileSync(GOLDEN, asText(Object.entries(told)));

test('every text is as it was', () => {
  expect(asText(Object.entries(told))).toBe(existsSync(GOLDEN) ? readFileSync(GOLDEN, 'utf8') : '');
});

test.each(Object.entries(told))('%s: reads as people write', (_name, { subject, message }) => {
  expect(subject).toMatch(/^\[slipway\] checkout (?:v1\.2\.0|ab12ab12ab12)(?:, (?:production|staging))?: [\w %]+$/);
  const [headline, , text = ''] = message.split('\n');
  expect(headline).toBe(subject.replace('[slipway] ', ''));
  expect(text).toMatch(/^[A-Z].*[.!?]"?$/);
  expect(message).not.toMatch(/\.\.(?!\.)(?<!\.\.\.)|: :|\(s\)|\d{4}-\d\d-\d\dT|undefined|null|\bwas (\w+): \1\b/);
});
