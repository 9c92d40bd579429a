// One run of everything that Slipway does, the rare included: what permissions are judged by.
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand, type StateValue } from '@aws-sdk/client-cloudwatch';
import { BatchGetImageCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { AddPermissionCommand, GetPolicyCommand, InvokeCommand, LambdaClient, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, DescribeStateMachineCommand, SFNClient, StopExecutionCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parse } from 'yaml';
import type { StartReleaseAnswer } from '../../core/view/index.ts';
import { clientOptions } from '../../rehearsal/world.ts';
import { Faults } from './faults.ts';
import { createLambdaHook } from './lambda-hook.ts';
import { reachedAMinuteAgo } from './later.ts';
import { ended, eventually, release, releaseOf, startQuickWorld, waitsFor, type QuickWorld } from './quick-world.ts';

const PEOPLE = `
people:
  alice: { aws: "*:assumed-role/slipway-people/alice", slack: U012AL1CE }
  bob: { aws: "*:assumed-role/slipway-people/bob", slack: U034B0B }
`;
const pipeline = (name: string, tags: string, stage: string, repository = 'shop/checkout') => `
  ${name}:
    image: { repository: ${repository}, tags: { semver: "${tags}" } }
    freeze: { override: [alice] }
    notify: { slack: "#deploys" }
    stages:
      - ${stage}`;
const PRODUCTION = 'name: production, service: { cluster: prod, name: checkout, container: app }';
const STAGING = 'name: staging, service: { cluster: staging, name: checkout, container: app }';

/** Pipelines of one repository that tell their images apart by major version, so that each push goes through exactly one. */
const SPECIFICATION = `${PEOPLE}
pipelines:${[
  pipeline('asked', '1.x', `{ ${PRODUCTION}, strategy: { canary: { steps: [{ weight: 5, approval: { from: [alice, bob], within: 4h } }] } }, alarms: [judge] }`),
  pipeline('measured', '2.x', `{ ${PRODUCTION}, strategy: { canary: { steps: [{ weight: 5, bake: { for: 1s, requests: 1000000 } }] } }, alarms: [judge] }`),
  pipeline('rolling', '3.x', `{ ${STAGING}, strategy: { rolling: {} } }`),
  pipeline('watched', '4.x', `{ ${STAGING}, strategy: { rolling: { bakeAfter: 1h } } }`),
].join('')}
`;

export const SLIPWAY_STACK = 'slipway-prod';
const NAME = (functionName: string) => `${SLIPWAY_STACK}-${functionName}`;
const POISON = 'poison';

export interface Everything {
  world: QuickWorld;
  /** What each part of the run came to, by its name. */
  ends: Record<string, string>;
}

/** Starts a world, runs everything in it, and leaves it running for whoever wants to look. */
export async function runEverything(): Promise<Everything> {
  const faults = new Faults();
  const world = await startQuickWorld({ specification: SPECIFICATION_BEFORE_ALARMS, cloud: { intercept: faults.intercept }, slack: true });
  try {
    return { world, ends: await new Run(world, faults).all() };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** The first specification names an alarm of the example's; the run's own is not there yet. */
const SPECIFICATION_BEFORE_ALARMS = SPECIFICATION.replaceAll('alarms: [judge]', 'alarms: [checkout-5xx]');

class Run {
  private readonly world: QuickWorld;
  private readonly faults: Faults;
  private readonly ends: Record<string, string> = {};
  private readonly cloudWatch: CloudWatchClient;
  private readonly lambda: LambdaClient;
  private readonly ecr: ECRClient;
  private readonly sqs: SQSClient;
  private readonly states: SFNClient;

  constructor(world: QuickWorld, faults: Faults) {
    const options = clientOptions(world.local.url, world.region);
    this.world = world;
    this.faults = faults;
    this.cloudWatch = new CloudWatchClient(options);
    this.lambda = new LambdaClient(options);
    this.ecr = new ECRClient(options);
    this.sqs = new SQSClient(options);
    this.states = new SFNClient(options);
  }

  async all(): Promise<Record<string, string>> {
    await this.specifications();
    // On production, while staging is put to use.
    const measured = this.measuredRelease();
    for (const part of [() => this.crash(), () => this.lostAnswer(), () => this.abortWhileRolling(), () => this.caught(), () => this.unwanted()]) await part();
    await measured;
    for (const part of [() => this.approved(), () => this.rejected(), () => this.superseded(), () => this.frozen(), () => this.refused(), () => this.byHand(), () => this.replaced(), () => this.round(), () => this.queues(), () => this.lessLog()]) await part();
    await eventually('every queued event to be done', async () => (this.world.local.cloud.models.lambda.queuedEvents === 0 ? true : undefined));
    return this.ends;
  }

  /** Alarms, a file with faults, a pipeline that moves to another repository. */
  private async specifications(): Promise<void> {
    const { world } = this;
    await this.cloudWatch.send(
      new PutMetricAlarmCommand({ AlarmName: 'judge', Namespace: 'Acceptance', MetricName: 'Nothing', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore' }),
    );
    await this.judge('OK');
    const moved = (repository: string) => SPECIFICATION + pipeline('moved', '9.x', `{ ${STAGING}, strategy: rolling }`, repository);
    await this.cli('apply', 0, 'apply', '--file', await world.file('good.yml', moved('shop/before')));
    await world.as('alice').putSpecification({ specification: parse(moved('shop/after')) as unknown });
    const faulty = SPECIFICATION.replaceAll('alarms: [judge]', 'alarms: [nobody]').replace('name: production', 'name: production, colour: red');
    await this.cli('apply with faults', 2, 'apply', '--file', await world.file('bad.yml', faulty));
  }

  /** Its requests are counted; they will never be enough, so a person sends it on. */
  private async measuredRelease(): Promise<void> {
    const id = await this.pushed('2.0.0');
    await release(this.world, id, 'to bake at 5 %', (view) => view.weightPercent === 5);
    await reachedAMinuteAgo(this.world, id);
    // Any ring makes Slipway look and count; this one asks for nothing.
    await this.judge('INSUFFICIENT_DATA');
    await eventually('the requests to be counted', async () => {
      const { grants } = this.world.local.cloud.ledger.report();
      return grants.some((grant) => grant.roleArn.includes('AssessRole') && grant.action === 'cloudwatch:GetMetricData' && grant.used > 0) || undefined;
    });
    await this.judge('OK');
    await this.world.as('alice').getMetrics(id);
    await this.world.as('alice').decide(id, { kind: 'promote' });
    await this.end('promoted', id);
  }

  private async crash(): Promise<void> {
    await this.end('crash', await this.pushed('3.0.0', { crashAtStart: true }));
  }

  /** UpdateService happens, and the function that called it dies before it hears so: a deployment that nobody has noted. */
  private async lostAnswer(): Promise<void> {
    const { lambda } = this.world.local.cloud.models;
    const lost = this.faults.afterNext('Start', 'UpdateService', () => lambda.setDead(NAME('start'), true));
    const id = await this.pushed('3.1.0');
    await lost;
    lambda.setDead(NAME('start'), false);
    await this.end('lost answer', id);
  }

  private async abortWhileRolling(): Promise<void> {
    const id = await this.pushed('4.0.0');
    await release(this.world, id, 'to be under way in ECS', waitsFor('deployment'));
    await this.world.as('alice').decide(id, { kind: 'abort', reason: 'not today' });
    await this.end('abort', id);
  }

  /** What should change nothing. Events of AWS itself cannot be put on the bus, so those go to the functions as EventBridge would. */
  private async unwanted(): Promise<void> {
    await this.world.push({ version: 'latest' });
    const bus = new EventBridgeClient(clientOptions(this.world.local.url, this.world.region));
    await bus.send(new PutEventsCommand({ Entries: [{ Source: 'shop.warehouse', DetailType: 'ECR Image Action', Detail: '{"action-type":"PUSH","result":"SUCCESS"}' }] }));
    for (const functionName of ['image-pushed', 'signal', 'rescue']) {
      for (const event of [{}, { source: 'aws.ecr', detail: null }, { source: 'aws.ecs', 'detail-type': 'ECS Hook State Change', region: 'eu-west-1', account: '123456789012', resources: [], detail: {} }]) await this.send(functionName, event);
    }
  }

  private async approved(): Promise<void> {
    // From here on the service has a hook of its own, which every release leaves where it was.
    const hook = await createLambdaHook(this.world);
    await this.world.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'checkout', deploymentConfiguration: { lifecycleHooks: [hook] } }));
    const id = await this.asked('1.1.0');
    await this.cli('approve', 0, 'approve', id);
    await this.end('approved', id);
    // The same image under another name.
    const { images = [] } = await this.ecr.send(new BatchGetImageCommand({ repositoryName: 'shop/checkout', imageIds: [{ imageTag: '1.1.0' }] }));
    await this.ecr.send(new PutImageCommand({ repositoryName: 'shop/checkout', imageTag: '1.1.1', imageManifest: images[0]?.imageManifest, imageManifestMediaType: images[0]?.imageManifestMediaType }));
  }

  /** What people refuse is held until somebody asks for it again. */
  private async rejected(): Promise<void> {
    const id = await this.asked('1.2.0');
    await this.rejectInSlack('1.2.0', 'prices look wrong');
    await this.end('rejected', id);
    await this.post('alice', `/v1/releases/${id}/retry`, { reason: 'prices are right' });
    const again = await releaseOf(this.world, '1.2.0', [id]);
    await release(this.world, again, 'to wait for approval', waitsFor('approval'));
    await this.judge('ALARM');
    await this.end('alarm', again);
    await this.judge('OK');
    const { image } = await this.world.control.getRelease(id);
    await this.post('alice', '/v1/holds', { pipeline: 'asked', digest: image.digest, reason: 'twice is enough' });
    await this.end('held', (await this.world.as('alice').startRelease({ pipeline: 'asked', digest: image.digest })).release.id);
    await this.post('alice', '/v1/holds/lift', { pipeline: 'asked', digest: image.digest });
  }

  /** Bob presses the button that the message shows, and says why in the modal. */
  private async rejectInSlack(tag: string, reason: string): Promise<void> {
    const { slack } = this.world;
    if (!slack) throw new Error('no Slack was started');
    const press = async (what: string, body: object): Promise<void> => {
      const response = await fetch(`${slack.url}/ui/${what}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: slack.url }, body: JSON.stringify(body) });
      const answer = (await response.json()) as { status: number };
      if (answer.status !== 200) throw new Error(`${what} in Slack was answered with ${answer.status}`);
    };
    const message = await eventually('a message with a Reject button', async () =>
      slack.workspace.messages.find(({ threadTs, text, blocks }) => threadTs === undefined && text.includes(` ${tag} `) && JSON.stringify(blocks).includes('"slipway.reject"')),
    );
    await press('press', { ts: message.ts, action: 'slipway.reject', user: 'U034B0B' });
    const modal = await eventually('the modal that asks why', async () => slack.workspace.modals[0]);
    await press('submit', { modal: modal.id, text: reason });
  }

  /** The round that looks after releases whose end nobody was told of, while one is under way and after others have ended. */
  private round(): Promise<void> {
    return this.send('rescue', { source: 'aws.events', 'detail-type': 'Scheduled Event' });
  }

  /** An execution that fails on something nobody foresaw goes through its own Catch. */
  private async caught(): Promise<void> {
    this.faults.refuseNextWrite('Prepare', '3.2.0');
    await this.end('caught', await this.pushed('3.2.0'));
  }

  /** A newer release takes the service from one that waits for people; then its execution is stopped by hand. */
  private async superseded(): Promise<void> {
    const older = await this.asked('1.3.0');
    const newer = await this.pushed('1.4.0');
    await this.end('superseded', older);
    await release(this.world, newer, 'to wait for approval', waitsFor('approval'));
    const { executionArn } = await this.states.send(new DescribeExecutionCommand({ executionArn: `${this.world.stateMachineArn.replace(':stateMachine:', ':execution:')}:${newer}` }));
    await this.states.send(new StopExecutionCommand({ executionArn, error: 'ByHand', cause: 'somebody pressed stop' }));
    await this.end('rescued', newer);
  }

  /** One freeze is overridden, and one of everything is lifted; whoever waits is woken by both. */
  private async frozen(): Promise<void> {
    const alice = this.world.as('alice');
    await this.cli('freeze', 0, 'freeze', 'rolling', '--until', '1d', '--reason', 'stocktaking');
    const overridden = await this.pushed('3.3.0');
    await release(this.world, overridden, 'to wait for the end of the freeze', waitsFor('freeze'));
    await this.cli('override', 0, 'override', overridden, '--reason', 'the fix for the till');
    await this.end('overridden', overridden);
    await alice.liftFreeze({ pipeline: 'rolling', reason: 'counted' });
    await alice.freeze({ all: true, reason: 'Christmas' });
    const lifted = await this.pushed('3.4.0');
    await release(this.world, lifted, 'to wait for the end of the freeze', waitsFor('freeze'));
    await this.cli('freezes', 0, 'freezes', '--json');
    await this.cli('unfreeze', 0, 'unfreeze', '--all', '--reason', 'back from holidays');
    await this.end('thawed', lifted);
    await this.cli('holds', 0, 'holds', '--lifted');
  }

  private async refused(): Promise<void> {
    await this.judge('ALARM');
    await this.end('alarm at start', await this.pushed('1.5.0'));
    await this.judge('OK');
  }

  private async byHand(): Promise<void> {
    const alice = this.world.as('alice');
    await this.end('by hand', (await alice.startRelease({ pipeline: 'asked', tag: '1.1.0', reason: 'to be sure' })).release.id);
    await alice.listPipelines();
    const { releases } = await alice.listReleases({ pipeline: 'asked' });
    const good = releases.find((candidate) => candidate.outcome === 'succeeded')?.id ?? '';
    const undone = await this.post('alice', `/v1/releases/${good}/undo`, { reason: 'customers miss the old one' });
    await this.end('undo', undone.release.id);
    const redone = await this.post('alice', `/v1/releases/${undone.release.id}/undo`, { reason: 'it was not that bad' });
    await this.end('undo of the undo', redone.release.id);
  }

  /** Somebody else deploys the same service in the middle. */
  private async replaced(): Promise<void> {
    const id = await this.asked('1.6.0');
    await this.world.ecs.send(new UpdateServiceCommand({ cluster: 'prod', service: 'checkout', forceNewDeployment: true }));
    await this.end('replaced', id);
  }

  /** Events that fail on every try, and events that nobody may deliver. */
  private async queues(): Promise<void> {
    this.faults.poison(POISON);
    await this.send('signal', { source: 'aws.ecs', 'detail-type': 'ECS Hook State Change', region: 'eu-west-1', account: '123456789012', resources: [], detail: { serviceArn: POISON } });
    await this.send('image-pushed', { byHand: { pipeline: POISON, tag: '1.0.0', reason: '', callerArn: 'nobody' } });
    await this.send('rescue', { 'detail-type': 'Step Functions Execution Status Change', detail: { name: 'poisoned', status: 'FAILED', input: JSON.stringify({ releaseId: POISON }) } });
    await this.holds('function-failures', 3);

    const FunctionName = NAME('signal');
    const { Policy = '{}' } = await this.lambda.send(new GetPolicyCommand({ FunctionName }));
    const statements = (JSON.parse(Policy) as { Statement: { Sid: string; Condition: { ArnLike: { 'AWS:SourceArn': string } } }[] }).Statement;
    for (const { Sid } of statements) await this.lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: Sid }));
    await this.judge('ALARM');
    await this.holds('undelivered-events', 1);
    await this.judge('OK');
    await this.holds('undelivered-events', 2);
    for (const { Sid, Condition } of statements) {
      await this.lambda.send(new AddPermissionCommand({ FunctionName, StatementId: Sid, Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: Condition.ArnLike['AWS:SourceArn'] }));
    }
  }

  /** Somebody has the log of executions written less fully, and then not at all. */
  private async lessLog(): Promise<void> {
    const { stateMachineArn } = this.world;
    const { loggingConfiguration } = await this.states.send(new DescribeStateMachineCommand({ stateMachineArn }));
    await this.states.send(new UpdateStateMachineCommand({ stateMachineArn, loggingConfiguration: { ...loggingConfiguration, level: 'ERROR' } }));
    await this.states.send(new UpdateStateMachineCommand({ stateMachineArn, loggingConfiguration: { level: 'OFF' } }));
  }

  // ---- what the parts are made of

  private async pushed(version: string, faults: { crashAtStart?: boolean } = {}): Promise<string> {
    await this.world.push({ version, ...faults });
    return releaseOf(this.world, version);
  }

  private async asked(version: string): Promise<string> {
    const id = await this.pushed(version);
    await release(this.world, id, 'to wait for approval', waitsFor('approval'));
    return id;
  }

  private async end(part: string, id: string): Promise<void> {
    this.ends[part] = (await release(this.world, id, 'to end', ended)).outcome ?? 'none';
  }

  /** What the client of the CLI has no method for. */
  private post(person: string, path: string, body: unknown): Promise<StartReleaseAnswer> {
    return this.world.as(person)['call']({ method: 'POST', path, body });
  }

  private async cli(part: string, code: number, ...args: string[]): Promise<void> {
    const answer = await this.world.cli('alice', ...args);
    if (answer.code !== code) throw new Error(`${part}: slipway ${args.join(' ')} ended with ${answer.code}, not ${code}:\n${answer.stderr}${answer.stdout}`);
  }

  private async judge(StateValue: StateValue): Promise<void> {
    await this.cloudWatch.send(new SetAlarmStateCommand({ AlarmName: 'judge', StateValue, StateReason: `the test says ${StateValue}` }));
  }

  private async send(functionName: string, event: unknown): Promise<void> {
    await this.lambda.send(new InvokeCommand({ FunctionName: NAME(functionName), InvocationType: 'Event', Payload: Buffer.from(JSON.stringify(event)) }));
  }

  private async holds(queue: string, messages: number): Promise<void> {
    const { QueueUrl } = await this.sqs.send(new GetQueueUrlCommand({ QueueName: NAME(queue) }));
    let last: string | undefined;
    await eventually(
      `${messages} messages or more in ${queue}`,
      async () => {
        const { Attributes } = await this.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }));
        last = Attributes?.['ApproximateNumberOfMessages'];
        return Number(last) >= messages ? true : undefined;
      },
      15_000,
      () => last,
    );
  }
}
