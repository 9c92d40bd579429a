// The five stories the demo tells. Each runs against the real artefacts, asserts what it shows, and says what it measured.
import { measureShare, type MeasuredShare } from '../weights.ts';
import type { Answer } from '../load.ts';
import { answersIn, asksInProduction, failureKinds, failuresOf, followUntil, hasEnded, releaseOfTag, servedNow, type DemoStage } from './stage.ts';

export interface ChapterFacts {
  outcome: string;
  /** What went against the story, if anything. */
  wrong: string[];
  measured: Record<string, unknown>;
}

export interface Chapter {
  name: string;
  expected: string;
  run(stage: DemoStage): Promise<ChapterFacts>;
}

const SHARE_TOLERANCE_POINTS = 4;
const ANSWERS_MIN = 500;
const RUNGS = [5, 25, 50];

class Findings {
  readonly wrong: string[] = [];
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.wrong.push(otherwise);
  }
}

/** Every rung of a canary: enough answers, and the share the weight promises. */
async function measuredRungs({ load, weights }: DemoStage, version: string, window: { fromMs: number; untilMs: number }, findings: Findings): Promise<MeasuredShare[]> {
  return RUNGS.map((weightPercent) => {
    const share = measureShare(weights.spans, load.answers, version, weightPercent, window);
    findings.expect(share.answers >= ANSWERS_MIN, `only ${share.answers} answers were counted at ${weightPercent} %`);
    findings.expect(
      Math.abs(share.sharePercent - weightPercent) <= SHARE_TOLERANCE_POINTS,
      `at ${weightPercent} % the new version gave ${share.sharePercent.toFixed(1)} % of ${share.answers} answers`,
    );
    return { ...share, sharePercent: Math.round(share.sharePercent * 10) / 10 };
  });
}

function expectNoFailures(answers: Answer[], findings: Findings): number {
  const failed = failuresOf(answers);
  findings.expect(failed === 0, `${failed} of ${answers.length} requests failed while good images were deployed: ${failureKinds(answers)}`);
  return failed;
}

async function expectServing(stage: DemoStage, version: string, findings: Findings): Promise<Record<string, number>> {
  const served = await servedNow(stage);
  findings.expect(served[version] === 100, `${version} should serve 100 %, but it is ${JSON.stringify(served)}`);
  return served;
}

async function approve(stage: DemoStage, person: string, releaseId: string, findings: Findings): Promise<void> {
  stage.progress.say(`${person}: slipway approve ${releaseId}`);
  const answer = await stage.world.cli(person, 'approve', releaseId);
  findings.expect(answer.code === 0, `slipway approve exited with ${answer.code}: ${answer.stderr.trim()}`);
}

const goodImage: Chapter = {
  name: 'a good image is promoted',
  expected: 'succeeded',
  async run(stage) {
    const findings = new Findings();
    const fromMs = Date.now();
    await stage.world.push({ version: '1.1.0' });
    const id = await releaseOfTag(stage, '1.1.0');
    await followUntil(stage, id, 'paused for approval in production', asksInProduction);
    await approve(stage, 'alice', id, findings);
    const end = await followUntil(stage, id, 'ended', hasEnded);
    const untilMs = Date.now();
    const rungs = await measuredRungs(stage, '1.1.0', { fromMs, untilMs }, findings);
    const failed = expectNoFailures(answersIn(stage.load.answers, fromMs, untilMs), findings);
    const served = await expectServing(stage, '1.1.0', findings);
    return { outcome: end.outcome ?? 'none', wrong: findings.wrong, measured: { rungs, failedRequests: failed, served } };
  },
};

const badImage: Chapter = {
  name: 'an image with 20 % errors is rolled back by an alarm',
  expected: 'rolledBack',
  async run(stage) {
    const findings = new Findings();
    const fromMs = Date.now();
    await stage.world.push({ version: '1.2.0', errorRate: 0.2 });
    const id = await releaseOfTag(stage, '1.2.0');
    const end = await followUntil(stage, id, 'ended', hasEnded);
    findings.expect(end.stage === 'production', `it ended in ${end.stage ?? 'no stage'}, not in production`);
    findings.expect(end.reason.includes('checkout-5xx'), `the reason names no alarm: ${end.reason}`);
    const highest = Math.max(...stage.weights.spans.filter((span) => span.fromMs >= fromMs).map((span) => Math.min(...Object.values(span.weights))));
    findings.expect(highest <= 5, `it got ${highest} % of the traffic before the alarm`);
    const failed = failuresOf(answersIn(stage.load.answers, fromMs, Date.now()));
    const served = await expectServing(stage, '1.1.0', findings);
    return { outcome: end.outcome ?? 'none', wrong: findings.wrong, measured: { reason: end.reason, highestWeightPercent: highest, failedRequests: failed, served } };
  },
};

const crashingImage: Chapter = {
  name: 'an image that crashes at start is rolled back by the circuit breaker',
  expected: 'rolledBack',
  async run(stage) {
    const findings = new Findings();
    await stage.world.push({ version: '1.3.0', crashAtStart: true });
    const id = await releaseOfTag(stage, '1.3.0');
    const end = await followUntil(stage, id, 'ended', hasEnded);
    const failure = end.stages.find((candidate) => candidate.name === 'staging')?.failure?.reason ?? '';
    findings.expect(end.stage === 'staging', `it ended in ${end.stage ?? 'no stage'}, not in staging`);
    findings.expect(/circuit breaker/i.test(end.reason), `the reason does not name the circuit breaker: ${end.reason}`);
    findings.expect(/exit code 1/.test(failure) && /Essential container/.test(failure), `no stop reason and exit code are shown: ${failure}`);
    findings.expect(/Last log lines/.test(failure), `no last log lines are shown: ${failure}`);
    const served = await expectServing(stage, '1.1.0', findings);
    return { outcome: end.outcome ?? 'none', wrong: findings.wrong, measured: { reason: end.reason, failure: failure.split('\n'), served } };
  },
};

const rejectedImage: Chapter = {
  name: 'an approver rejects',
  expected: 'rejected',
  async run(stage) {
    const findings = new Findings();
    const fromMs = Date.now();
    await stage.world.push({ version: '1.4.0' });
    const id = await releaseOfTag(stage, '1.4.0');
    await followUntil(stage, id, 'paused for approval in production', asksInProduction);
    stage.progress.say(`bob: slipway reject ${id} --reason "prices look wrong"`);
    const answer = await stage.world.cli('bob', 'reject', id, '--reason', 'prices look wrong');
    findings.expect(answer.code === 0, `slipway reject exited with ${answer.code}: ${answer.stderr.trim()}`);
    const end = await followUntil(stage, id, 'ended', hasEnded);
    findings.expect(end.reason.includes('bob') && end.reason.includes('prices look wrong'), `the reason does not say who and why: ${end.reason}`);
    const failed = expectNoFailures(answersIn(stage.load.answers, fromMs, Date.now()), findings);
    const served = await expectServing(stage, '1.1.0', findings);
    return { outcome: end.outcome ?? 'none', wrong: findings.wrong, measured: { reason: end.reason, failedRequests: failed, served } };
  },
};

const twoPushes: Chapter = {
  name: 'of two pushes in a row the newer one wins',
  expected: 'superseded, then succeeded',
  async run(stage) {
    const findings = new Findings();
    const fromMs = Date.now();
    await stage.world.push({ version: '1.5.0' });
    const older = await releaseOfTag(stage, '1.5.0');
    await stage.world.push({ version: '1.6.0' });
    const newer = await releaseOfTag(stage, '1.6.0');
    const overtaken = await followUntil(stage, older, 'ended', hasEnded);
    findings.expect(overtaken.reason.includes(newer), `the older one does not say what overtook it: ${overtaken.reason}`);
    await followUntil(stage, newer, 'paused for approval in production', asksInProduction);
    await approve(stage, 'bob', newer, findings);
    const end = await followUntil(stage, newer, 'ended', hasEnded);
    const failed = expectNoFailures(answersIn(stage.load.answers, fromMs, Date.now()), findings);
    const served = await expectServing(stage, '1.6.0', findings);
    return { outcome: `${overtaken.outcome ?? 'none'}, then ${end.outcome ?? 'none'}`, wrong: findings.wrong, measured: { olderReason: overtaken.reason, failedRequests: failed, served } };
  },
};

export const CHAPTERS: readonly Chapter[] = [goodImage, badImage, crashingImage, rejectedImage, twoPushes];
