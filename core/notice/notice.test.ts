import fc from 'fast-check';
import { anyText } from '../../test/any-text.ts';
import type { NoticeKind, Outcome } from '../release/model.ts';
import { pipeline, release, stageRecord, stageSpec } from '../testing/samples.ts';
import { failureLines, noticeOf } from './notice.ts';

const KINDS: NoticeKind[] = ['releaseStarted', 'stageStarted', 'approvalAsked', 'approvalReminded', 'approvalEscalated', 'frozen', 'weightReached', 'rollbackStarted', 'rollbackSlow', 'stageEnded', 'releaseEnded', 'rescued'];
const OUTCOMES: (Outcome | undefined)[] = [undefined, 'succeeded', 'unchanged', 'rolledBack', 'rejected', 'aborted', 'superseded', 'timedOut', 'refused', 'failed'];

const failure = {
  summary: 'A task of the new revision died.',
  stoppedTasks: [
    { taskArn: 'arn:aws:ecs:eu-west-1:1:task/prod/a117', stoppedReason: 'Essential container in task exited', exitCodes: [{ container: 'app', exitCode: 137, reason: 'OutOfMemoryError' }, { container: 'proxy', exitCode: undefined, reason: undefined }] },
  ],
  lastLogLines: ['boom'],
};

it('has a subject, a text, and attributes to filter on', () => {
  const notice = noticeOf(release(), stageRecord(), 'approvalAsked', 'Go on from 25 % to 100 %?');
  expect(notice.subject).toBe('[slipway] checkout v1.2.0, production: approval needed');
  expect(notice.message).toContain('Go on from 25 % to 100 %?');
  expect(notice.attributes).toEqual({ pipeline: 'checkout', stage: 'production', service: 'prod/checkout', kind: 'approvalAsked', outcome: 'none', release: 'checkout-v1.2.0-ab12ab12' });
});

it('of the whole release names no stage', () => {
  expect(noticeOf(release(), undefined, 'releaseEnded', 'text', 'succeeded')).toMatchObject({ subject: '[slipway] checkout v1.2.0: release succeeded', attributes: { stage: 'none', service: 'none', outcome: 'succeeded' } });
});

it('of a failure says what died and what it said last', () => {
  const stage = stageRecord({ failure });
  expect(failureLines(stage)).toEqual(['A task of the new revision died.', 'Task a117: Essential container in task exited - app: exit code 137 (OutOfMemoryError), proxy: exit code none', 'Last log lines:', '  boom']);
  expect(noticeOf(release(), stage, 'stageEnded', 'text', 'rolledBack').message).toContain('Task a117');
  expect(failureLines(stageRecord())).toEqual([]);
});

it('cuts names where they are too long for a subject, never what has happened', () => {
  const { subject } = noticeOf(release({ pipeline: pipeline({ name: 'n'.repeat(255) }) }), stageRecord(), 'frozen', 'text');
  expect(subject).toBe(`[slipway] ${'n'.repeat(56)}...: waits for the end of a freeze`);
  expect(subject).toHaveLength(100);
});

it('is something SNS takes, whatever it is about', () => {
  const text = anyText({ maxLength: 150 });
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fc.constantFrom(...OUTCOMES), text, text, fc.boolean(), (kind, outcome, pipelineName, stageName, ofStage) => {
      const about = release({ pipeline: pipeline({ name: `p${pipelineName}`, stages: [stageSpec({ name: `s${stageName}` })] }) });
      const { subject, attributes } = noticeOf(about, ofStage ? stageRecord() : undefined, kind, 'text', outcome);
      expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
      for (const value of Object.values(attributes)) expect(value).not.toBe('');
    }),
  );
});
