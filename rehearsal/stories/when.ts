// What happens in a story: people, machines and time.
import { parseDuration } from '../../core/duration.ts';
import { shortDigest } from '../../core/image/digest.ts';
import { act } from '../simulation/actors.ts';
import { GOOD_IMAGE, type ImageCharacter } from '../simulation/images.ts';
import { isOver, type Ledger, type Rollout } from '../simulation/invariants/ledger.ts';
import type { WrittenSpecification } from '../simulation/scenario.ts';
import type { PersonAnswer, World } from '../simulation/world.ts';
import { ALARM, REPOSITORY } from './plan.ts';

export const PRODUCTION = 'prod/checkout';

/** Images by what is wrong with them. */
export const CRASHES: ImageCharacter = { ...GOOD_IMAGE, crashAfterMs: 1_000 };
export const NEVER_HEALTHY: ImageCharacter = { ...GOOD_IMAGE, healthy: false };

/** What a team may deploy with: ECS's own blue/green, and a Lambda function that ECS asks whenever it moves traffic. */
export const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 5, minimumHealthyPercent: 100, maximumPercent: 200 };
export const TEAM_HOOK = {
  targetType: 'AWS_LAMBDA', hookTargetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:team-check', roleArn: 'arn:aws:iam::123456789012:role/service-traffic', lifecycleStages: ['PRODUCTION_TRAFFIC_SHIFT'],
};

const LONGEST = '2d';

export class When {
  private readonly world: World;
  private readonly ledger: Ledger;

  constructor(world: World, ledger: Ledger) {
    this.world = world;
    this.ledger = ledger;
  }

  async theSpecificationIsApplied(specification: WrittenSpecification): Promise<void> {
    const applied = await this.asks('alice', 'PUT', '/v1/specification', { specification });
    if (applied.status !== 200) throw new Error(`the specification was not taken: ${JSON.stringify(applied.body)}`);
  }

  // ---- images -----------------------------------------------------------------------------------------------------------------------

  /** Pushes an image, and waits until its release has begun; answers the release's id. */
  async pushed(tag: string, character: ImageCharacter = GOOD_IMAGE): Promise<string> {
    const releaseId = await this.push(tag, character);
    await this.until(() => this.ledger.releaseIds.has(releaseId), `the release of ${tag} begins`, '30m');
    return releaseId;
  }

  /** Answers the id that the release will have. */
  async push(tag: string, character: ImageCharacter = GOOD_IMAGE): Promise<string> {
    const digest = await this.world.push(REPOSITORY, tag, character);
    return `checkout-${tag}-${shortDigest(digest, 8)}`;
  }

  /** A push of a digest that has been pushed before. */
  async pushedAgain(tag: string, newTag: string): Promise<void> {
    const imageManifest = await this.manifestOf(tag);
    await this.world.operate('ecr', 'PutImage', { repositoryName: REPOSITORY, imageTag: newTag, imageManifest });
    this.note(`${tag} is pushed again, as ${newTag}`);
  }

  /** The image keeps another tag; this one means something else from now on. */
  async theTagMoves(tag: string): Promise<void> {
    await this.pushedAgain(tag, `${tag}-was`);
    await this.world.operate('ecr', 'BatchDeleteImage', { repositoryName: REPOSITORY, imageIds: [{ imageTag: tag }] });
    const other = (await this.manifestOf(`${tag}-was`)).replace(/"version":"[^"]*"/, '"version":"another"');
    await this.world.operate('ecr', 'PutImage', { repositoryName: REPOSITORY, imageTag: tag, imageManifest: other });
    this.note(`the tag ${tag} moves to another image`);
  }

  /** Answers how somebody pushes it again. */
  async theImageIsDeleted(tag: string): Promise<() => Promise<void>> {
    const imageManifest = await this.manifestOf(tag);
    await this.world.operate('ecr', 'BatchDeleteImage', { repositoryName: REPOSITORY, imageIds: [{ imageDigest: this.digestOf(tag) }] });
    this.note(`a lifecycle policy of ECR deletes ${tag}`);
    return async () => {
      await this.world.operate('ecr', 'PutImage', { repositoryName: REPOSITORY, imageTag: tag, imageManifest });
      this.note(`somebody pushes ${tag} again`);
    };
  }

  // ---- time -------------------------------------------------------------------------------------------------------------------------

  passes(duration: string): Promise<void> {
    return this.world.pass(msOf(duration));
  }

  async until(holds: () => boolean, what: string, limit = LONGEST): Promise<void> {
    if (!(await this.world.until(holds, msOf(limit)))) throw new Error(`${limit} went by and it has not come to this: ${what}`);
  }

  /** Waits until the newest rollout stands on this weight, and Slipway has seen it. */
  async itServes(weightPercent: number, limit = LONGEST): Promise<void> {
    await this.until(() => this.weight() === weightPercent, `the new revision serves ${weightPercent} %`, limit);
    const announced = () => this.ledger.announced.findLast((one) => one.kind === 'weightReached');
    await this.until(() => weightPercent === 0 || (announced()?.atMs ?? 0) >= (this.rollout().reached.at(-1)?.atMs ?? Infinity), `${weightPercent} % is announced`, '10m');
  }

  async peopleAreAsked(times = 1): Promise<void> {
    await this.until(() => this.ledger.announced.filter((one) => one.kind === 'approvalAsked').length >= times, `people are asked (${times})`);
  }

  async itHasEnded(releaseId: string, limit = LONGEST): Promise<void> {
    await this.until(() => this.ledger.announced.some((one) => one.releaseId === releaseId && one.kind === 'releaseEnded'), `${releaseId} ends`, limit);
  }

  // ---- people -----------------------------------------------------------------------------------------------------------------------

  /** A request to the control API, which takes its time. */
  asks(person: string, method: string, path: string, body?: object): Promise<PersonAnswer> {
    return this.world.await(this.world.ask(person, method, path, body));
  }

  async says(person: string, kind: 'approve' | 'reject' | 'abort' | 'promote', releaseId: string, more: object = {}): Promise<PersonAnswer> {
    const answer = await this.asks(person, 'POST', `/v1/releases/${releaseId}/decisions`, { kind, reason: 'as I see it', ...more });
    this.note(`${person} says ${kind}: ${answer.status} ${answer.body.error?.message ?? ''}`);
    return answer;
  }

  async undoes(person: string, releaseId: string): Promise<PersonAnswer & { releaseId: string }> {
    const answer = await this.asks(person, 'POST', `/v1/releases/${releaseId}/undo`, { reason: 'it was a mistake' });
    this.note(`${person} undoes ${releaseId}: ${answer.status} ${answer.body.error?.message ?? ''}`);
    return { ...answer, releaseId: startedId(answer) };
  }

  async retries(person: string, releaseId: string): Promise<PersonAnswer & { releaseId: string }> {
    const answer = await this.asks(person, 'POST', `/v1/releases/${releaseId}/retry`, { reason: 'it was the network' });
    this.note(`${person} retries ${releaseId}: ${answer.status} ${answer.body.error?.message ?? ''}`);
    return { ...answer, releaseId: startedId(answer) };
  }

  async deploys(person: string, tag: string): Promise<PersonAnswer & { releaseId: string }> {
    const answer = await this.asks(person, 'POST', '/v1/releases', { pipeline: 'checkout', tag, reason: 'please' });
    this.note(`${person} deploys ${tag}: ${answer.status} ${answer.body.error?.message ?? ''}`);
    return { ...answer, releaseId: startedId(answer) };
  }

  // ---- machines ---------------------------------------------------------------------------------------------------------------------

  theAlarmIs(state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): Promise<void> {
    return this.world.setAlarm(ALARM, state);
  }

  async everyLambdaIsDeadFor(duration: string, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    const dead = act(this.world, this.ledger, { atMs: 0, kind: 'lambdasDead', forMs: msOf(duration) });
    await meanwhile();
    await this.world.await(dead);
  }

  somebodysTerraformUpdates(service = PRODUCTION): Promise<void> {
    return act(this.world, this.ledger, { atMs: 0, kind: 'foreignUpdate', service });
  }

  somebodyStopsTheDeployment(): Promise<void> {
    return act(this.world, this.ledger, { atMs: 0, kind: 'foreignStop', service: PRODUCTION });
  }

  /** The newest one, or the one of this name. */
  async somebodyStopsTheExecution(name?: string): Promise<void> {
    const running = name ?? [...this.ledger.executions.keys()].at(-1) ?? '';
    this.note(`somebody stops the execution ${running}`);
    await this.world.operate('states', 'StopExecution', { executionArn: this.executionArn(running), error: 'ByHand', cause: 'somebody pressed Stop' });
  }

  /** EventBridge may no longer call this function; answers how it is allowed again. */
  async eventsMayNotReach(name: string): Promise<() => Promise<void>> {
    const FunctionName = `slipway-prod-${name}`;
    const { Policy } = await this.world.operate<{ Policy: string }>('lambda', 'GetPolicy', { FunctionName });
    const { Statement } = JSON.parse(Policy) as { Statement: { Sid: string; Condition?: { ArnLike?: { 'AWS:SourceArn'?: string } } }[] };
    for (const { Sid } of Statement) await this.world.operate('lambda', 'RemovePermission', { FunctionName, StatementId: Sid });
    this.note(`somebody takes away what lets EventBridge call ${name}`);
    return async () => {
      for (const { Sid, Condition } of Statement) {
        await this.world.operate('lambda', 'AddPermission', { FunctionName, StatementId: Sid, Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: Condition?.ArnLike?.['AWS:SourceArn'] });
      }
      this.note(`and gives it back`);
    };
  }

  /** The letters in a dead-letter queue, by the function they were for. */
  async letters(queue: Queue): Promise<Letter[]> {
    const { QueueUrl } = await this.world.operate<{ QueueUrl: string }>('sqs', 'GetQueueUrl', { QueueName: `slipway-prod-${queue}` });
    const letters: Letter[] = [];
    for (;;) {
      const { Messages = [] } = await this.world.operate<{ Messages?: Message[] }>('sqs', 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0, MessageAttributeNames: ['All'] });
      const unseen = Messages.filter(({ MessageId }) => !letters.some((one) => one.id === MessageId));
      if (unseen.length === 0) return letters;
      letters.push(...unseen.map((message) => letterOf(queue, message, () => this.world.operate('sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle: message.ReceiptHandle }))));
    }
  }

  /** As docs/operating.md says: the function that a letter was for is invoked with what it missed. */
  async isSentAgain({ functionArn, payload, to }: Letter): Promise<void> {
    this.note(`a letter to ${to} is sent again`);
    await this.world.operate('lambda', 'Invoke', { FunctionName: functionArn, InvocationType: 'Event', Payload: Buffer.from(payload) });
  }

  async announcementsAreTried(times: number): Promise<void> {
    const { QueueUrl } = await this.world.operate<{ QueueUrl: string }>('sqs', 'GetQueueUrl', { QueueName: 'slipway-prod-announcements' });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: this.queueArn('unsaid-announcements'), maxReceiveCount: times });
    await this.world.operate('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy } });
  }

  async unsaidAnnouncementsAreMovedBack(): Promise<void> {
    this.note('the unsaid announcements are moved back into their queue');
    await this.world.operate('sqs', 'StartMessageMoveTask', { SourceArn: this.queueArn('unsaid-announcements') });
  }

  /** Something happens to the service that means nothing. */
  async somebodyRings(): Promise<void> {
    const { arn } = this.world.service(PRODUCTION);
    await this.world.operate('lambda', 'Invoke', {
      FunctionName: 'slipway-prod-signal', InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify({ source: 'aws.ecs', 'detail-type': 'ECS Service Action', region: 'eu-west-1', account: this.world.cloud.kernel.accountId, resources: [arn], detail: {} })),
    });
    await this.passes('10s');
  }

  /** The number of events in the history of each execution, once it has ended. */
  watchHistories(): Map<string, number> {
    const lengths = new Map<string, number>();
    this.world.watchers.push({
      event: (event) => {
        const { name, status } = event.detail as { name?: string; status?: string };
        if (event.source !== 'aws.states' || name === undefined) return;
        if (!lengths.has(name)) lengths.set(name, 0);
        if (status !== 'RUNNING') void this.historyLength(name).then((length) => lengths.set(name, length));
      },
    });
    return lengths;
  }

  /** UpdateService without a new deployment: scaling, or other settings. */
  async somebodySets(change: object): Promise<void> {
    const { cluster, name } = this.world.service(PRODUCTION);
    this.note(`somebody sets ${JSON.stringify(change)}`);
    await this.world.operate('ecs', 'UpdateService', { cluster, service: name, ...change });
  }

  /** The command of the AWS CLI that a text names between back-ticks, as somebody would copy it. */
  async somebodyRuns(text: string): Promise<void> {
    const [, command = ''] = /`aws ecs update-service ([^`]+)`/.exec(text) ?? [];
    const given = (flag: string) => new RegExp(`--${flag} (\\S+)`).exec(command)?.[1];
    this.note(`somebody runs: aws ecs update-service ${command}`);
    this.ledger.foreignTouched.add(this.world.service(PRODUCTION).arn);
    await this.world.operate('ecs', 'UpdateService', {
      cluster: given('cluster'), service: given('service'), taskDefinition: given('task-definition'), ...(command.includes('--force-new-deployment') ? { forceNewDeployment: true } : {}),
    });
  }

  note(text: string): void {
    this.world.history.add('people', text);
  }

  // ---- looking ----------------------------------------------------------------------------------------------------------------------

  digestOf(tag: string): string {
    const digest = this.world.digests.get(tag);
    if (digest === undefined) throw new Error(`${tag} was never pushed`);
    return digest;
  }

  rollout(): Rollout {
    const rollout = this.ledger.rollouts.at(-1);
    if (!rollout) throw new Error('nothing has been rolled out yet');
    return rollout;
  }

  rolloutBegun(): boolean {
    return this.ledger.rollouts.length > 0;
  }

  private queueArn(name: string): string {
    return `arn:aws:sqs:eu-west-1:${this.world.cloud.kernel.accountId}:slipway-prod-${name}`;
  }

  private executionArn(name: string): string {
    return `${this.world.slipway.stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  }

  private async historyLength(name: string): Promise<number> {
    const { events } = await this.world.operate<{ events: { id: number }[] }>('states', 'GetExecutionHistory', { executionArn: this.executionArn(name), reverseOrder: true, maxResults: 1 });
    return events[0]?.id ?? 0;
  }

  private weight(): number | undefined {
    const rollout = this.ledger.rollouts.at(-1);
    if (!rollout || isOver(rollout.deployment)) return undefined;
    return this.world.weights(rollout.service)[rollout.deployment.target.targetGroupArns[0] ?? ''] ?? 0;
  }

  private async manifestOf(tag: string): Promise<string> {
    const { images } = await this.world.operate<{ images: { imageManifest: string }[] }>('ecr', 'BatchGetImage', { repositoryName: REPOSITORY, imageIds: [{ imageTag: tag }] });
    return images[0]?.imageManifest ?? '';
  }
}

export type Queue = 'undelivered-events' | 'function-failures';

interface Message {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  MessageAttributes?: Record<string, { StringValue?: string }>;
}

export interface Letter {
  id: string;
  /** The function's name, without the stack's. */
  to: string;
  functionArn: string;
  payload: string;
  remove: () => Promise<unknown>;
}

function letterOf(queue: Queue, { MessageId: id, Body, MessageAttributes }: Message, remove: Letter['remove']): Letter {
  const failure = queue === 'function-failures' ? (JSON.parse(Body) as { requestContext: { functionArn: string }; requestPayload: unknown }) : undefined;
  const functionArn = failure?.requestContext.functionArn ?? MessageAttributes?.['TARGET_ARN']?.StringValue ?? '';
  return { id, functionArn, to: /slipway-prod-([\w-]+)/.exec(functionArn)?.[1] ?? '', payload: failure ? JSON.stringify(failure.requestPayload) : Body, remove };
}

const startedId = (answer: PersonAnswer): string => (answer.body as { release?: { id: string } }).release?.id ?? '';

export function msOf(duration: string): number {
  const ms = parseDuration(duration);
  if (ms === undefined) throw new Error(`${duration} is no duration`);
  return ms;
}
