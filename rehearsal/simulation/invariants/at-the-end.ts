// What must hold once faults have stopped and nothing is under way any more.
//   liveness       every release has ended, every execution and deployment too
//   truth          the outcome told is what ECS did
//   announced      every end was announced, and no other end was
//   hold, undo     what went wrong was held; an undo brought back what ran before, and held what it took away
//   leaks          no lease, place in a queue, watch, token, pause, setting or superfluous task definition is left behind
//   timeline       every pause that was let go on, and every rollback, stands in the record's story
//   cloud          no model crashed, nothing was refused for want of a permission
import type { Outcome, Release, StageRecord } from '../../../core/release/model.ts';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { isOver, type Ledger, type Rollout } from './ledger.ts';

const ROUNDS_MS = 65 * 60_000;

type Item = Record<string, unknown> & { pk: string; sk: string };

export async function checkTheEnd(ledger: Ledger, configurationsBefore: ReadonlyMap<string, string>): Promise<Release[]> {
  const items = await everything(ledger);
  const releases = items.filter((item) => item.sk === 'RELEASE').map((item) => item['record'] as Release);
  for (const release of releases) {
    const stages = items.filter((item) => item.pk === `RELEASE#${release.id}` && item.sk.startsWith('STAGE#')).map((item) => item['record'] as StageRecord);
    checkRelease(ledger, release, stages);
    checkHolds(ledger, release, stages, releases);
  }
  for (const releaseId of ledger.releaseIds) if (!releases.some((release) => release.id === releaseId)) ledger.violated('liveness', `the record of ${releaseId} is gone`);
  for (const execution of ledger.executions.keys()) ledger.violated('liveness', `the execution ${execution} is still running`);
  checkLeaks(ledger, items, configurationsBefore);
  checkRounds(ledger, items, releases);
  checkTimeline(ledger, items);
  for (const crash of ledger.world.crashes) ledger.violated('cloud', `the local cloud failed: ${crash instanceof Error ? (crash.stack ?? crash.message) : String(crash)}`);
  for (const denied of deniedToSlipway(ledger)) ledger.violated('cloud', denied);
  return releases;
}

async function everything(ledger: Ledger): Promise<Item[]> {
  const { Items } = await ledger.world.operate<{ Items: Parameters<typeof unmarshall>[0][] }>('dynamodb', 'Scan', { TableName: ledger.world.slipway.tableName });
  return Items.map((item) => unmarshall(item) as Item);
}

// ---- releases -------------------------------------------------------------------------------------------------------------------

function checkRelease(ledger: Ledger, release: Release, stages: StageRecord[]): void {
  if (release.status !== 'ended') {
    ledger.violated('liveness', `${release.id} has not ended: stage ${release.stageIndex} is ${stages[release.stageIndex]?.status ?? '?'}, waits for ${JSON.stringify(stages[release.stageIndex]?.waitingFor)}`);
    return;
  }
  const ends = ledger.announced.filter((one) => one.releaseId === release.id && (one.kind === 'releaseEnded' || (one.kind === 'rescued' && one.outcome !== 'none')));
  if (ends.length === 0) ledger.violated('announced', `the end of ${release.id} (${release.outcome ?? '?'}) was never announced`);
  for (const end of ends) if (end.outcome !== release.outcome) ledger.violated('announced', `${release.id} ended as ${release.outcome ?? '?'} and was announced as ${end.outcome}`);
  for (const stage of stages) {
    const rollout = ledger.rollouts.findLast((one) => one.releaseId === release.id && one.stageIndex === stage.index);
    if (stage.outcome) checkTruth(ledger, release, stage.outcome, stage.reason, rollout);
    else if (rollout && release.outcome === 'succeeded') ledger.violated('truth', `${release.id} succeeded and its stage ${stage.index} has no outcome`);
  }
  const succeeded = stages.every((stage) => stage.outcome === 'succeeded' || stage.outcome === 'unchanged');
  if (release.outcome === 'succeeded' && !succeeded) ledger.violated('truth', `${release.id} succeeded although its stages ended as ${stages.map((stage) => stage.outcome).join(', ')}`);
}

function checkTruth(ledger: Ledger, release: Release, outcome: Outcome, reason: string, rollout: Rollout | undefined): void {
  const about = `${release.id}, told as ${outcome} (${reason.slice(0, 160)})`;
  const status = rollout?.deployment.status;
  const image = rollout?.deployment.target.taskDefinition.definition.containerDefinitions?.find((container) => container.name === rollout.stage.service.container)?.image ?? '';
  switch (outcome) {
    case 'succeeded':
      if (status !== 'SUCCESSFUL') ledger.violated('truth', `${about}: ECS says ${status ?? 'that nothing was deployed'}`);
      else if (!image.endsWith(release.image.digest)) ledger.violated('truth', `${about}: what was deployed is ${image}`);
      return;
    case 'unchanged':
    case 'refused':
      if (rollout) ledger.violated('truth', `${about}: it deployed, and ECS says ${status ?? '?'}`);
      return;
    case 'rolledBack':
    case 'rejected':
    case 'aborted':
    case 'superseded':
    case 'timedOut':
      if (status === 'SUCCESSFUL') ledger.violated('truth', `${about}: ECS says that it succeeded`);
      if (status === 'ROLLBACK_FAILED' || (status === 'STOPPED' && !ledger.foreignTouched.has(rollout?.service.arn ?? ''))) ledger.violated('truth', `${about}: ECS says ${status}`);
      return;
    case 'failed':
      // The new revision may serve after a failure, but never without a word about it.
      if (status === 'SUCCESSFUL' && !/NEW revision serves|leaves the service as it is/.test(reason)) ledger.violated('truth', `${about}: ECS says that it succeeded`);
  }
}

// ---- holds and undo -------------------------------------------------------------------------------------------------------------

function checkHolds(ledger: Ledger, release: Release, stages: readonly StageRecord[], releases: readonly Release[]): void {
  const undone = release.undoes && releases.find(({ id }) => id === release.undoes?.releaseId);
  for (const stage of stages) {
    const wasHeld = (image: Release['image']) => ledger.everHeld.has(`${stage.serviceArn} ${image.digest}`);
    if (!release.undoes && (stage.outcome === 'rolledBack' || stage.outcome === 'rejected') && !wasHeld(release.image)) ledger.violated('hold', `${release.id} ended as ${stage.outcome} and its image was never held`);
    if (!undone) continue;
    if (!wasHeld(undone.image)) ledger.violated('undo', `${release.id} undoes ${undone.id}, whose image was never held`);
    const before = ledger.rollouts.findLast((one) => one.releaseId === undone.id && one.service.arn === stage.serviceArn)?.deployment.blue?.imageDigests.get('app');
    const now = ledger.rollouts.findLast((one) => one.releaseId === release.id)?.deployment.target.imageDigests.get('app');
    if (stage.outcome === 'succeeded' && before !== undefined && now !== before) ledger.violated('undo', `${release.id} succeeded and brought ${now ?? 'nothing'} instead of ${before}`);
  }
}

// ---- what is left behind ----------------------------------------------------------------------------------------------------------

function checkLeaks(ledger: Ledger, items: readonly Item[], configurationsBefore: ReadonlyMap<string, string>): void {
  // Whose executions ended early again and again was let go as it was, and says so; whoever comes next takes the service from it.
  const givenUp = new Set(items.filter(({ sk }) => sk === 'rescue.given-up').map(({ pk }) => pk.slice('TIMELINE#'.length)));
  for (const item of items) {
    const { releaseId } = item;
    if (typeof releaseId === 'string' && givenUp.has(releaseId)) continue;
    if (item.sk === 'LEASE') ledger.violated('leaks', `${String(item['releaseId'])} still holds ${item.pk}`);
    if (item.sk.startsWith('QUEUE#')) ledger.violated('leaks', `${String(item['releaseId'])} still waits for ${item.pk}`);
    if (item.pk.startsWith('WATCH#')) ledger.violated('leaks', `${item.sk} still watches ${item.pk}`);
    if (item.sk === 'RELEASE' && item['token'] !== undefined) ledger.violated('leaks', `${item.pk} still has a token`);
  }
  for (const [mark, times] of ledger.registered) {
    // Registering has no idempotency: whoever is cut off or run twice may have registered once more than it knows.
    const disturbed = ledger.world.history.lines.filter(({ actor, text }) => actor === 'fault' && text.includes('register')).length;
    if (times > 1 + disturbed) ledger.violated('leaks', `a task definition was registered ${times} times for ${mark}`);
  }
  for (const service of ledger.world.services.values()) {
    const record = ledger.world.serviceRecord(service);
    for (const deployment of record.deployments) if (!isOver(deployment)) ledger.violated('liveness', `a deployment of ${service.cluster}/${service.name} is still ${deployment.status} in ${deployment.stage ?? '?'}`);
    // What somebody has set meanwhile, or taken away, is theirs.
    if (ledger.foreignConfigured.has(service.arn) || record.status !== 'ACTIVE' || givenUp.size > 0) continue;
    const now = JSON.stringify(settingsOf(record.settings.deploymentConfiguration));
    const before = configurationsBefore.get(service.arn);
    if (before !== undefined && now !== before) ledger.violated('leaks', `the deployment configuration of ${service.cluster}/${service.name} is ${now}, was ${before}`);
  }
}

/** Every half hour a round takes off the list what has ended; a fault may spoil one. */
function checkRounds(ledger: Ledger, items: readonly Item[], releases: readonly Release[]): void {
  const nowMs = ledger.world.clock.nowMs();
  const faultAtMs = ledger.world.history.lines.findLast(({ actor }) => actor === 'fault')?.atMs ?? 0;
  for (const { id, status, endedAtMs = 0 } of releases) {
    const listed = items.some(({ pk, sk }) => pk === 'RUNNING' && sk === `RELEASE#${id}`);
    if (listed && status === 'ended' && nowMs - Math.max(endedAtMs, faultAtMs) > ROUNDS_MS) ledger.violated('leaks', `${id} has ended and is still looked after`);
  }
}

/** Of a deployment configuration, what ECS acts on, with what it takes for "none" spelled out, in a fixed order. */
export function settingsOf(configuration: object): object {
  const filled = {
    strategy: 'ROLLING', bakeTimeInMinutes: 0, lifecycleHooks: [],
    ...configuration,
  } as Record<string, unknown>;
  const alarms = filled['alarms'] as { enable?: boolean } | undefined;
  const breaker = filled['deploymentCircuitBreaker'] as { enable?: boolean } | undefined;
  if (!alarms?.enable) delete filled['alarms'];
  if (!breaker?.enable) delete filled['deploymentCircuitBreaker'];
  if (filled['strategy'] !== 'CANARY') delete filled['canaryConfiguration'];
  if (filled['strategy'] !== 'LINEAR') delete filled['linearConfiguration'];
  return Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function checkTimeline(ledger: Ledger, items: readonly Item[]): void {
  for (const rollout of ledger.rollouts) {
    const keys = items.filter((item) => item.pk === `TIMELINE#${rollout.releaseId}`).map((item) => item.sk);
    // Its function may have been denied the very entry, for good; then the rescue is what explains it.
    const rescued = keys.some((key) => key.startsWith('rescue.'));
    for (const { hookId, fromWeightPercent } of rollout.continued) {
      if (!rescued && !keys.some((key) => key.includes(hookId))) ledger.violated('timeline', `${rollout.releaseId} went on from ${fromWeightPercent} % and its timeline does not say so`);
    }
    if (rollout.toldToRollBack && !keys.some((key) => key.startsWith(`stage.${rollout.stageIndex}.rollback.`))) ledger.violated('timeline', `${rollout.releaseId} was rolled back and its timeline does not say so`);
  }
}

function deniedToSlipway(ledger: Ledger): string[] {
  const { cloud } = ledger.world;
  const { denials, notModelled } = cloud.ledger.refusals();
  return [
    ...denials.filter((one) => one.principal.includes('slipway-prod')).map((one) => `denied to ${one.principal.split('/').at(-2) ?? ''}: ${one.action} on ${one.resource}`),
    ...notModelled.map((one) => `not modelled: ${one.what}`),
  ];
}
