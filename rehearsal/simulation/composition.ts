// The production functions in this process: the same factories, the same adapters, the same SDK clients as in functions/*/handler.ts.
// Only the transport under the clients and the clock are given. `Parts` is the seam through which a sabotage breaks something
// on purpose (sabotage.ts); nothing else may use it.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SFNClient } from '@aws-sdk/client-sfn';
import { alarmsIn, type Alarms } from '../../adapters/alarms.ts';
import { once as singleAttempt, type AwsOptions } from '../../adapters/aws.ts';
import type { Clock } from '../../adapters/clock.ts';
import { doorbell, type Doorbell } from '../../adapters/doorbell.ts';
import { failuresIn, type Failures } from '../../adapters/ecs/failures.ts';
import { servicesIn, type Services } from '../../adapters/ecs/services.ts';
import { taskDefinitionsIn, type TaskDefinitions } from '../../adapters/ecs/task-definitions.ts';
import { required, type Environment } from '../../adapters/environment.ts';
import { executionsIn, type Executions } from '../../adapters/executions.ts';
import { invoker, sender, type Invoke, type Send } from '../../adapters/functions.ts';
import { imagesIn, type Images } from '../../adapters/images.ts';
import type { Logger } from '../../adapters/log.ts';
import { announcementsIn, type Announcements } from '../../adapters/records/announcements.ts';
import { freezesIn, type Freezes } from '../../adapters/records/freezes.ts';
import { holdsIn, type Holds } from '../../adapters/records/holds.ts';
import { leasesIn, type Leases } from '../../adapters/records/leases.ts';
import { releasesIn, type Releases } from '../../adapters/records/releases.ts';
import { specificationsIn, type Specifications } from '../../adapters/records/specifications.ts';
import type { openTable } from '../../adapters/records/table.ts';
import { timelineIn, type Timeline } from '../../adapters/records/timeline.ts';
import { watchesIn, type Watches } from '../../adapters/records/watches.ts';
import { secretOf, type Secret } from '../../adapters/secrets.ts';
import { slackOver, SlackSecret, type Slack } from '../../adapters/slack.ts';
import type { HttpHandler } from '@smithy/core/protocols';
import type { Place } from '../../core/arn.ts';
import { advance } from '../../functions/advance/advance.ts';
import { announce } from '../../functions/announce/announce.ts';
import { assess } from '../../functions/assess/assess.ts';
import { control } from '../../functions/control/control.ts';
import { explain } from '../../functions/explain/explain.ts';
import { finishStage } from '../../functions/finish-stage/finish-stage.ts';
import { finish } from '../../functions/finish/finish.ts';
import { imagePushed } from '../../functions/image-pushed/image-pushed.ts';
import { park } from '../../functions/park/park.ts';
import { preflight } from '../../functions/preflight/preflight.ts';
import { prepare } from '../../functions/prepare/prepare.ts';
import { register } from '../../functions/register/register.ts';
import { rescue } from '../../functions/rescue/rescue.ts';
import { rollBack } from '../../functions/roll-back/roll-back.ts';
import { named } from '../../functions/shared/lambda.ts';
import { signal } from '../../functions/signal/signal.ts';
import { slack } from '../../functions/slack/slack.ts';
import { start } from '../../functions/start/start.ts';
import { takeService } from '../../functions/take-service/take-service.ts';
import type { ClientClass } from './quick-door.ts';
import type { SlackRequest } from './slack/simulated-slack.ts';

/** Everything a function is made of. */
export interface Parts {
  releases: Releases;
  timeline: Timeline;
  holds: Holds;
  freezes: Freezes;
  leases: Leases;
  watches: Watches;
  specifications: Specifications;
  services: Services;
  taskDefinitions: TaskDefinitions;
  failures: Failures;
  alarms: Alarms;
  images: Images;
  executions: Executions;
  doorbell: Doorbell;
  invoke: Invoke;
  send: Send;
  announcements: Announcements;
  /** Undefined where no Slack is configured. */
  slack: { api: Slack; secret: Secret<SlackSecret> } | undefined;
  slackNames: { self: string; announce: string };
  newHolder: () => string;
  names: Record<'preflightFunction' | 'imagePushedFunction' | 'signalFunction' | 'observeFunction', string>;
  place: Place;
  clock: Clock;
  log: Logger;
}

export type Handle = (event: unknown) => Promise<unknown>;

const FUNCTIONS: Record<string, (parts: Parts) => Handle> = {
  'image-pushed': imagePushed,
  signal,
  rescue,
  // Control has no way to Step Functions: it lets the signal function ring.
  control: (parts) => control({
      ...parts,
      ringServices: (ringArns) => parts.send(parts.names.signalFunction, { ringArns }),
      doorbell: ringer(parts),
      announce: async (releaseId) => (parts.slackNames.announce === '' ? undefined : parts.send(parts.slackNames.announce, { releaseId })),
    }),
  announce: (parts) => announce({ ...only(parts, ['releases', 'timeline', 'announcements', 'alarms', 'slack', 'newHolder', 'clock', 'log']) }),
  slack: (parts) => slack({ ...only(parts, ['releases', 'timeline', 'slack', 'send', 'clock', 'log']), doorbell: ringer(parts), names: parts.slackNames }),
  prepare,
  'take-service': takeService,
  preflight,
  register,
  start,
  assess,
  advance,
  'roll-back': rollBack,
  park,
  explain,
  'finish-stage': finishStage,
  finish,
};

/** The signal function rings: it is retried until it has. */
const ringer = (parts: Parts): Doorbell => ({ ring: (releaseId) => parts.send(parts.names.signalFunction, { ring: releaseId }) });

const only = <Name extends keyof Parts>(parts: Parts, names: Name[]): Pick<Parts, Name> => Object.fromEntries(names.map((name) => [name, parts[name]])) as Pick<Parts, Name>;

/** Functions whose handler gives ECS one attempt per call. */
const SENDS_ONCE = ['start', 'register'];

/** Every SDK client that a function may have. */
export const CLIENT_CLASSES: readonly ClientClass<object>[] = [CloudWatchClient, CloudWatchLogsClient, DynamoDBClient, ECRClient, ECSClient, SFNClient];

export type FunctionName = keyof typeof FUNCTIONS;
export const FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS);

export interface Transport {
  options: AwsOptions;
  /** For requests made without an SDK client, whose answers are read as streams. */
  streaming: HttpHandler;
  client<Client extends object>(Class: ClientClass<Client>, options: AwsOptions): Client;
  table: typeof openTable;
  /** Undefined where no Slack is configured. */
  slack: { fetch: (url: string, init: SlackRequest) => Promise<Response>; sleep: (durationMs: number) => Promise<void>; deadline: (durationMs: number) => AbortSignal } | undefined;
}

export interface CompositionOptions {
  functionName: string;
  environment: Environment;
  transport: Transport;
  clock: Clock;
  log: Logger;
  /** Breaks parts, or the function itself, on purpose. */
  patch?: ((parts: Parts) => Parts) | undefined;
  wrap?: ((functionName: string, handle: Handle) => Handle) | undefined;
}

/** What a cold start does. Parts are made when a function first reads them, as each handler makes only its own. */
export function compose({ functionName, environment, transport, clock, log, patch, wrap }: CompositionOptions): Handle {
  const build = FUNCTIONS[functionName];
  if (!build) throw new Error(`no function is named ${functionName}`);
  const parts = lazyParts(functionName, environment, transport, clock, log);
  const handle = build(patch ? patch(parts) : parts);
  const wrapped = wrap ? wrap(functionName, handle) : handle;
  return async (event) => {
    try {
      return await wrapped(event);
    } catch (error) {
      throw named(error);
    }
  };
}

function lazyParts(functionName: string, environment: Environment, transport: Transport, clock: Clock, log: Logger): Parts {
  const once = <Made>(make: () => Made): (() => Made) => {
    let made: { value: Made } | undefined;
    return () => (made ??= { value: make() }).value;
  };
  const table = once(() => transport.table(required(environment, 'TABLE_NAME'), transport.options));
  const ecs = once(() => transport.client(ECSClient, SENDS_ONCE.includes(functionName) ? singleAttempt(transport.options) : transport.options));
  const functionCaller = {
    region: transport.options.region,
    credentials: async () => transport.options.credentials ?? { accessKeyId: '', secretAccessKey: '' },
    endpoint: transport.options.endpoint,
    handler: transport.streaming,
  };
  const makers: { [Name in keyof Parts]: () => Parts[Name] } = {
    releases: once(() => releasesIn(table())),
    timeline: once(() => timelineIn(table())),
    holds: once(() => holdsIn(table())),
    freezes: once(() => freezesIn(table())),
    leases: once(() => leasesIn(table())),
    watches: once(() => watchesIn(table())),
    specifications: once(() => specificationsIn(table())),
    services: once(() => servicesIn(ecs())),
    taskDefinitions: once(() => taskDefinitionsIn(ecs())),
    failures: once(() => failuresIn(ecs(), transport.client(CloudWatchLogsClient, transport.options))),
    alarms: once(() => alarmsIn(transport.client(CloudWatchClient, transport.options))),
    images: once(() => imagesIn(transport.client(ECRClient, transport.options))),
    executions: once(() => executionsIn(transport.client(SFNClient, transport.options), environment['STATE_MACHINE_ARN'] ?? '')),
    doorbell: once(() => doorbell(parts.releases, parts.executions)),
    invoke: once(() => invoker(functionCaller)),
    send: once(() => sender(functionCaller)),
    announcements: once(() => announcementsIn(table())),
    slack: once(() => slackParts(environment, transport, functionCaller)),
    slackNames: () => ({ self: required(environment, 'AWS_LAMBDA_FUNCTION_NAME'), announce: environment['ANNOUNCE_FUNCTION'] ?? '' }),
    newHolder: () => () => `holder-${Math.random().toString(36).slice(2)}`,
    names: () => ({
      preflightFunction: environment['PREFLIGHT_FUNCTION'] ?? '',
      imagePushedFunction: environment['IMAGE_PUSHED_FUNCTION'] ?? '',
      signalFunction: required(environment, 'SIGNAL_FUNCTION'),
      observeFunction: environment['OBSERVE_FUNCTION'] ?? '',
    }),
    place: () => ({ region: required(environment, 'AWS_REGION'), accountId: required(environment, 'ACCOUNT_ID') }),
    clock: () => clock,
    log: () => log,
  };
  const parts = Object.defineProperties({}, Object.fromEntries(Object.entries(makers).map(([name, get]) => [name, { get, enumerable: true }]))) as Parts;
  return parts;
}

function slackParts(environment: Environment, { slack: transport }: Transport, caller: Parameters<typeof secretOf>[0]): Parts['slack'] {
  const secretArn = environment['SLACK_SECRET_ARN'] ?? '';
  if (secretArn === '' || !transport) return undefined;
  const secret = secretOf(caller, secretArn, SlackSecret);
  return { api: slackOver({ apiUrl: environment['SLACK_API_URL'] ?? 'https://slack.com/api', secret, fetch: transport.fetch as unknown as typeof fetch, sleep: transport.sleep, deadline: transport.deadline }), secret };
}
