// AWS on one machine: every model on one kernel, wired to each other's planes, behind the two doors.
//   API effects go through `kernel.call` (IAM decides); planes are what AWS runs below its APIs (kernel/ports.ts).
import { ArtefactShelf } from './artefacts.ts';
import { CloudFormationModel } from './cloudformation/index.ts';
import { CloudWatchModel } from './cloudwatch/index.ts';
import { CloudKernel } from './cloud-kernel.ts';
import type { Intercept } from './cloud-kernel.ts';
import { DynamoDbModel } from './dynamodb/index.ts';
import { EcrModel } from './ecr/index.ts';
import { EcsModel } from './ecs/index.ts';
import { ElbModel } from './elb/index.ts';
import type { DataPlane, ListenerEndpoint } from './elb/index.ts';
import { EventBridgeModel } from './events/index.ts';
import type { EventBridgePorts } from './events/index.ts';
import { authenticator, IamModel, StsModel } from './iam/index.ts';
import type { AccessKey, Ledger } from './iam/index.ts';
import type { Clock } from './kernel/clock.ts';
import { realisticPhysics } from './kernel/physics.ts';
import type { Physics } from './kernel/physics.ts';
import type { EventSource, ImageStore, LogSink, TaskRunner } from './kernel/ports.ts';
import { uuid } from './kernel/random.ts';
import type { Random } from './kernel/random.ts';
import type { ServiceModel } from './kernel/service.ts';
import { likelySwitches } from './kernel/switches.ts';
import type { Switches } from './kernel/switches.ts';
import { KmsModel } from './kms/index.ts';
import { LambdaModel } from './lambda/index.ts';
import type { FunctionRunner } from './lambda/index.ts';
import { LogsModel } from './logs/index.ts';
import { SecretsManagerModel } from './secretsmanager/index.ts';
import { SnsModel } from './sns/index.ts';
import { SqsModel } from './sqs/index.ts';
import { SsmModel } from './ssm/index.ts';
import { StepFunctionsModel } from './states/index.ts';
import { connectDirectly, createDispatcher, inProcessRequestHandler, jsonResponse, listen, preloadSchemas, Routes } from './wire/index.ts';
import type { DirectDoorOptions, Dispatch, HttpDoor, InProcessRequestHandler } from './wire/index.ts';

export interface CloudOptions {
  clock: Clock;
  random: Random;
  /** What runs tasks, moves requests and runs functions: see planes.ts for the real ones and the modelled ones. */
  planes: (foundation: PlaneFoundation) => Planes;
  physics?: Physics;
  switches?: Partial<Switches>;
  accountId?: string;
  region?: string;
  /** Skips the arithmetic of signatures (keys are still looked up): for simulations. */
  trustSignatures?: boolean;
  /** Faults in the delivery of events, and an eye on all of them: for rehearsals. */
  events?: Pick<EventBridgePorts, 'faults' | 'onEvent'>;
  /** Stands around every API call: for faults of the API itself, and for traces. */
  intercept?: Intercept;
  /** Takes a fault of the cloud itself. By default it is printed and the process will exit with 1. */
  onCrash?: (error: unknown) => void;
}

/** What planes are made from. */
export interface PlaneFoundation {
  kernel: CloudKernel;
  images: ImageStore;
  logs: LogSink;
  /** Keys for code that Lambda runs as a role which trusts Lambda; the same keys until they near their end. */
  functionCredentials: (roleArn: string, sessionName: string) => AccessKey;
}

export interface Planes {
  taskRunner: TaskRunner;
  dataPlane: DataPlane;
  functionRunner: FunctionRunner;
}

export interface CloudModels {
  iam: IamModel;
  sts: StsModel;
  ecs: EcsModel;
  elb: ElbModel;
  ecr: EcrModel;
  cloudWatch: CloudWatchModel;
  logs: LogsModel;
  events: EventBridgeModel;
  sns: SnsModel;
  sqs: SqsModel;
  lambda: LambdaModel;
  states: StepFunctionsModel;
  dynamoDb: DynamoDbModel;
  cloudFormation: CloudFormationModel;
  kms: KmsModel;
  secretsManager: SecretsManagerModel;
  ssm: SsmModel;
}

export interface Cloud {
  readonly kernel: CloudKernel;
  readonly models: CloudModels;
  readonly planes: Planes;
  readonly ledger: Ledger;
  /** Where function packages and templates are put that a deployment refers to by bucket and key. */
  readonly artefacts: ArtefactShelf;
  /** Pages and facts beside the AWS protocols. */
  readonly routes: Routes;
  readonly dispatch: Dispatch;
  /** The in-process door, as an SDK client's `requestHandler`. */
  readonly requestHandler: InProcessRequestHandler;
  /** Lets an SDK client call the models directly, as the operator or as somebody else: the quickest door. */
  connect<Client extends object>(client: Client, caller?: DirectDoorOptions['caller']): Client;
  /** Loads what is otherwise loaded on first use. In virtual time, wait for it before the first call. */
  warmUp(): Promise<void>;
  /** Opens the HTTP door; port 0 is any free port. */
  listen(options: { port: number; host?: string }): Promise<HttpDoor>;
  /** Keys of a role session, whoever the role trusts: for tests and for people who want to see with a role's eyes. */
  credentialsFor(roleArn: string, sessionName: string): AccessKey;
  endpoints(): CloudEndpoints;
  /** Ends everything this cloud started: doors, timers, workers, child processes, temporary files. Idempotent. */
  close(): Promise<void>;
}

export interface CloudEndpoints {
  api: string;
  listeners: ListenerEndpoint[];
}

const ARTEFACTS = '/_local/artefacts/';
const ROTATE_BEFORE_END_MS = 15 * 60_000;

export function createCloud(options: CloudOptions): Cloud {
  const kernel = new CloudKernel({
    clock: options.clock,
    random: options.random,
    physics: options.physics ?? realisticPhysics,
    switches: { ...likelySwitches, ...options.switches },
    accountId: options.accountId ?? '123456789012',
    region: options.region ?? 'eu-west-1',
    endpointUrl: 'http://127.0.0.1:4577',
    onCrash: options.onCrash ?? reportCrash,
    intercept: options.intercept,
  });
  const artefacts = new ArtefactShelf();
  const { models, planes } = createModels(kernel, artefacts, options);
  for (const model of Object.values(models) as ServiceModel[]) kernel.register(model);

  const endpoints = (): CloudEndpoints => ({ api: kernel.endpointUrl, listeners: models.elb.endpoints() });
  const routes = factRoutes(kernel, artefacts, endpoints);
  const dispatch = createDispatcher({
    authenticate: authenticator(kernel.credentials, { wallClockMs: () => Date.now(), trustSignatures: options.trustSignatures }),
    call: (caller, signingName, operation, input, requestId) => kernel.callAs(caller, signingName, operation, input, requestId),
    newRequestId: () => uuid(kernel.random),
    functionUrls: models.lambda,
    routes,
    notModelled: (error) => kernel.ledger.notModelled(error),
    crash: (error) => kernel.crash(error),
  });

  const doors: HttpDoor[] = [];
  let closing: Promise<void> | undefined;
  return {
    kernel,
    models,
    planes,
    ledger: kernel.ledger,
    artefacts,
    routes,
    dispatch,
    requestHandler: inProcessRequestHandler(dispatch),
    connect: (client, caller = kernel.credentials.operatorCaller()) => connectDirectly(client, { kernel, caller }),
    warmUp: preloadSchemas,
    listen: async (where) => {
      const door = await listen(dispatch, where);
      doors.push(door);
      kernel.reachableAt(door.url);
      return door;
    },
    credentialsFor: (roleArn, sessionName) => kernel.credentials.issue(kernel.sessionOf(roleArn, sessionName)),
    endpoints,
    close: () => (closing ??= closeAll(kernel, doors)),
  };
}

function createModels(kernel: CloudKernel, artefacts: ArtefactShelf, options: CloudOptions): { models: CloudModels; planes: Planes } {
  // EventBridge counts in CloudWatch, and CloudWatch tells EventBridge of its alarms: somebody has to be named before being there.
  const events: EventSource = { emit: (event) => eventBridge.emit(event) };
  const cloudWatch = new CloudWatchModel(kernel, { events });
  const eventBridge = new EventBridgeModel(kernel, { ...options.events, metrics: cloudWatch });
  const metrics = cloudWatch;
  const logs = new LogsModel(kernel);
  const ecr = new EcrModel(kernel, { events });
  const planes = options.planes({ kernel, images: ecr, logs, functionCredentials: functionCredentials(kernel) });
  const sqs = new SqsModel(kernel, { metrics });
  const elb = new ElbModel(kernel, { metrics, dataPlane: planes.dataPlane });
  const models = {
    iam: new IamModel(kernel, kernel),
    sts: new StsModel(kernel, kernel),
    ecs: new EcsModel(kernel, { loadBalancing: elb, taskRunner: planes.taskRunner, images: ecr, alarms: cloudWatch, events, metrics }),
    elb,
    ecr,
    cloudWatch,
    logs,
    events: eventBridge,
    sns: new SnsModel(kernel, { metrics }),
    sqs,
    lambda: new LambdaModel(kernel, { runner: planes.functionRunner, queues: sqs, artefacts, logs, metrics }),
    states: new StepFunctionsModel(kernel, { events, metrics, logs }),
    dynamoDb: new DynamoDbModel(kernel),
    cloudFormation: new CloudFormationModel(kernel, { artefacts }),
    kms: new KmsModel(kernel),
    secretsManager: new SecretsManagerModel(kernel),
    ssm: new SsmModel(kernel),
  };
  return { models, planes };
}

function functionCredentials(kernel: CloudKernel): PlaneFoundation['functionCredentials'] {
  const issued = new Map<string, AccessKey>();
  return (roleArn, sessionName) => {
    const name = `${roleArn} ${sessionName}`;
    const before = issued.get(name);
    if (before && before.expiration.getTime() - kernel.clock.nowMs() > ROTATE_BEFORE_END_MS) return before;
    const key = kernel.credentials.issue(kernel.assumeRole(roleArn, 'lambda.amazonaws.com', sessionName));
    issued.set(name, key);
    return key;
  };
}

function factRoutes(kernel: CloudKernel, artefacts: ArtefactShelf, endpoints: () => CloudEndpoints): Routes {
  const routes = new Routes();
  routes.add('GET', '/_local/health', () =>
    jsonResponse(200, {
      status: kernel.crashes.length === 0 ? 'ok' : 'crashed',
      accountId: kernel.accountId,
      region: kernel.region,
      services: kernel.allModels().map((model) => model.signingName).sort(),
      crashes: kernel.crashes.map(String),
    }),
  );
  routes.add('GET', '/_local/ledger', () => jsonResponse(200, kernel.ledger.report()));
  routes.add('GET', '/_local/endpoints', () => jsonResponse(200, endpoints()));
  routes.add('POST', `${ARTEFACTS}*`, ({ path, body }) => {
    const [bucket = '', ...key] = path.slice(ARTEFACTS.length).split('/').map(decodeURIComponent);
    if (bucket === '' || key.join('/') === '') return jsonResponse(400, { message: `Send the file to ${ARTEFACTS}BUCKET/KEY.` });
    artefacts.put(bucket, key.join('/'), body);
    return jsonResponse(200, { bucket, key: key.join('/'), bytes: body.length });
  });
  return routes;
}

/** Doors first, so that nobody calls a model that has ended; then all models, even when one of them fails to end. */
async function closeAll(kernel: CloudKernel, doors: HttpDoor[]): Promise<void> {
  await Promise.all(doors.map((door) => door.close()));
  const ends = await Promise.allSettled(kernel.allModels().map(async (model) => model.close?.()));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

function reportCrash(error: unknown): void {
  process.stderr.write(`The local cloud failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
