// A release in every state in which people see it, for the golden messages and for whoever wants to look at them.
import { alarm, ask, decision, deploymentRecord, NOW_MS, pipeline, release, rule, stageRecord, stageSpec } from '../../testing/samples.ts';
import { HOUR_MS, MINUTE_MS } from '../../duration.ts';
import { newStageRecord, type Release, type StageRecord } from '../../release/model.ts';
import type { Shown } from '../release-message.ts';

const SERVICE = 'arn:aws:ecs:eu-west-1:123456789012:service';
const two = pipeline({
  notify: { slack: '#deploys' },
  stages: [stageSpec({ name: 'staging', service: { cluster: 'staging', name: 'checkout', container: 'app' }, strategy: { kind: 'rolling', minimumHealthyPercent: undefined, maximumPercent: undefined, bakeAfterMs: 0 } }), stageSpec()],
});
const people: Release['people'] = Object.fromEntries([['alice', 'U012AL1CE'], ['bob', 'U034B0B'], ['carol', undefined]].map(([name = '', slack]) => [name, { name, aws: [], slack }]));

const inFlight = (more: Partial<Release> = {}): Release => release({ pipeline: two, people, stageIndex: 1, ...more });
const done = (more: Partial<StageRecord> = {}): StageRecord => ({ ...newStageRecord(0, `${SERVICE}/staging/checkout`), status: 'ended', outcome: 'succeeded', reason: 'the deployment succeeded', ...more });
const production = (more: Partial<StageRecord> = {}): StageRecord => stageRecord({ index: 1, status: 'running', deployment: deploymentRecord(), rungsReached: [{ weightPercent: 5, atMs: NOW_MS - HOUR_MS }], weightPercent: 5, waitingFor: undefined, ...more });
const over = (outcome: NonNullable<Release['outcome']>, reason: string): Release => inFlight({ status: 'ended', outcome, reason, endedAtMs: NOW_MS });
const EXECUTION = 'arn:aws:states:eu-west-1:123456789012:execution:slipway-prod-release:checkout-v1.2.0-ab12ab12';
const shown = (about: Release, stages: StageRecord[], more: Partial<Shown> = {}): Shown => ({ release: about, stages, decisions: [], executionArn: EXECUTION, buttons: true, ...more });
const asking = (need: number) => production({ rungsReached: [{ weightPercent: 5, atMs: NOW_MS - HOUR_MS }, { weightPercent: 25, atMs: NOW_MS - HOUR_MS / 2 }], weightPercent: 25, asks: [ask({ rule: rule({ need }) })], waitingFor: { kind: 'approval', askKey: 'weight.25', untilMs: NOW_MS + 3 * HOUR_MS } });
const lights = [alarm('checkout-5xx'), alarm('checkout-p99', 'INSUFFICIENT_DATA')];

export const STATES: Record<string, Shown> = {
  'just started': shown(inFlight({ stageIndex: 0 }), [{ ...newStageRecord(0, `${SERVICE}/staging/checkout`) }, { ...newStageRecord(1, `${SERVICE}/prod/checkout`) }], { executionArn: undefined }),
  'waits for its turn': shown(inFlight({ stageIndex: 0 }), [{ ...newStageRecord(0, `${SERVICE}/staging/checkout`), waitingFor: { kind: 'turn', behind: 'checkout-v1.1.0-cd34cd34' } }, newStageRecord(1, `${SERVICE}/prod/checkout`)]),
  'rolling in staging': shown(inFlight({ stageIndex: 0 }), [done({ status: 'running', outcome: undefined, deployment: deploymentRecord(), waitingFor: { kind: 'deployment' } }), newStageRecord(1, `${SERVICE}/prod/checkout`)]),
  'bakes at 5 %': shown(inFlight(), [done(), production({ waitingFor: { kind: 'bake', untilMs: NOW_MS + 10 * MINUTE_MS } })], { alarms: lights }),
  'waits for requests': shown(inFlight(), [done(), production({ waitingFor: { kind: 'requests', have: 120, need: 2000 } })]),
  'waits for alarm data': shown(inFlight(), [done(), production({ waitingFor: { kind: 'alarmData', alarms: ['checkout-p99'], untilMs: NOW_MS + MINUTE_MS } })], { alarms: lights }),
  'a bake that was skipped': shown(inFlight(), [done(), production({ waitingFor: { kind: 'bake', untilMs: NOW_MS + 10 * MINUTE_MS } })], { decisions: [decision({ kind: 'promote', askKey: 'rung.5', stageIndex: 1 })] }),
  'asks at 25 %': shown(inFlight(), [done(), asking(1)]),
  'one of two approvals given': shown(inFlight(), [done(), asking(2)], { decisions: [decision({ person: 'alice', askKey: 'weight.25', stageIndex: 1 })] }),
  'approved, about to go on': shown(inFlight(), [done(), asking(1)], { decisions: [decision({ person: 'alice', askKey: 'weight.25', stageIndex: 1 })] }),
  'rejected, about to roll back': shown(inFlight(), [done(), asking(1)], { decisions: [decision({ kind: 'reject', person: 'bob', askKey: 'weight.25', stageIndex: 1, reason: 'prices look wrong' })] }),
  'aborted, about to roll back': shown(inFlight(), [done(), asking(1)], { decisions: [decision({ kind: 'abort', person: 'alice', askKey: undefined, stageIndex: 1 })] }),
  'rolling back': shown(inFlight(), [done(), production({ rollingBack: { outcome: 'rolledBack', reason: 'the alarm checkout-5xx is in ALARM', decidedAtMs: NOW_MS, requestedAtMs: NOW_MS }, waitingFor: { kind: 'rollback' } })], { alarms: [alarm('checkout-5xx', 'ALARM'), alarm('checkout-p99', 'MISSING')] }),
  'without buttons': shown(inFlight(), [done(), asking(1)], { buttons: false }),
  succeeded: shown(over('succeeded', 'every stage runs the new image'), [done(), production({ status: 'ended', outcome: 'succeeded', reason: 'the deployment succeeded', weightPercent: 100 })]),
  unchanged: shown(over('unchanged', 'every stage already ran this image'), [done({ outcome: 'unchanged' }), production({ status: 'ended', outcome: 'unchanged' })]),
  'rolled back': shown(over('rolledBack', 'the alarm checkout-5xx is in ALARM'), [done(), production({ status: 'ended', outcome: 'rolledBack', reason: 'the alarm checkout-5xx is in ALARM' })]),
  rejected: shown(over('rejected', 'rejected by bob: prices look wrong'), [done(), production({ status: 'ended', outcome: 'rejected', reason: 'rejected by bob: prices look wrong' })]),
  'timed out': shown(over('timedOut', 'nobody answered'), [done(), production({ status: 'ended', outcome: 'timedOut', reason: 'nobody answered' })]),
  aborted: shown(over('aborted', 'aborted by alice'), [done(), production({ status: 'ended', outcome: 'aborted', reason: 'aborted by alice' })]),
  superseded: shown(over('superseded', 'overtaken by checkout-v1.3.0-ef56ef56'), [done(), production({ status: 'ended', outcome: 'superseded', reason: 'overtaken by checkout-v1.3.0-ef56ef56' })]),
  'refused in staging': shown({ ...over('refused', 'the alarm checkout-staging-5xx is already in ALARM'), stageIndex: 0 }, [done({ outcome: 'refused', reason: 'the alarm checkout-staging-5xx is already in ALARM' }), newStageRecord(1, `${SERVICE}/prod/checkout`)]),
  failed: shown(over('failed', 'its execution ended early again and again'), [done(), production({ status: 'ended', outcome: 'failed', reason: 'ECS cannot roll back' })]),
};
