// What models ask of each other below the level of API calls: the planes that AWS runs behind its APIs.
// API-level effects (ModifyRule, Invoke, SendMessage, PutMetricData by a program) go through `kernel.call`, so that IAM decides.
import type { Caller } from './service.ts';


/** EventBridge's default bus, as the place AWS services put their own events. Never fails; delivery is asynchronous. */
export interface EventSource {
  emit(event: { source: string; detailType: string; resources: string[]; detail: Record<string, unknown>; timeMs?: number }): void;
}

/** Where AWS services put their own metrics (`AWS/ApplicationELB`, `AWS/States`, `AWS/SQS`, `AWS/Lambda` ...). */
export interface MetricSink {
  record(datum: { namespace: string; metricName: string; dimensions: Record<string, string>; value: number; unit?: string; timestampMs?: number }): void;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** CloudWatch's alarms as ECS polls them. */
export interface AlarmStates {
  stateOf(alarmName: string): AlarmState | undefined;
}

/** CloudWatch Logs as the awslogs driver uses it. Creates group and stream when absent. A message may be put into words when read. */
export interface LogSink {
  append(entry: { logGroupName: string; logStreamName: string; message: string | (() => string); timestampMs?: number }): void;
}

// ---- load balancing: what ECS needs of ELBv2 -------------------------------------------------------------------------------

export interface Target {
  id: string; // an IP address
  port: number;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';

export interface TargetGroupView {
  targetGroupArn: string;
  /** False while no listener of any load balancer forwards to the group. */
  associated: boolean;
}

export interface RuleView {
  ruleArn: string;
  listenerArn: string;
  /** The forward action's weights by target group ARN; undefined when the rule does not forward. */
  weights: Record<string, number> | undefined;
}

export interface LoadBalancing {
  targetGroup(targetGroupArn: string): TargetGroupView | undefined;
  /** An ALB listener rule, or (for the ARN of a listener) its default action. */
  rule(ruleOrListenerArn: string): RuleView | undefined;
  registerTarget(targetGroupArn: string, target: Target): void;
  /** Starts draining; `onDrained` runs when the deregistration delay is over or the last request has ended. */
  deregisterTarget(targetGroupArn: string, target: Target, onDrained: () => void): void;
  targetState(targetGroupArn: string, target: Target): TargetState | undefined;
}

// ---- tasks: what ECS needs of the machine that runs containers --------------------------------------------------------------

export interface ContainerSpec {
  name: string;
  /** As in the task definition. */
  image: string;
  /** Resolved digest of the image in this cloud's ECR; undefined for images from elsewhere, which no runner here can start. */
  imageDigest: string | undefined;
  essential: boolean;
  environment: Record<string, string>;
  command: string[] | undefined;
  containerPorts: number[];
  healthCheck: { command: string[]; intervalSeconds: number; timeoutSeconds: number; retries: number; startPeriodSeconds: number } | undefined;
  stopTimeoutSeconds: number; // from SIGTERM to SIGKILL; 30 by default
  log: { logGroupName: string; logStreamName: string } | undefined;
}

export interface TaskSpec {
  taskArn: string;
  family: string;
  /** Service-deployment-independent facts a modelled runner may want: which service and revision the task belongs to. */
  group: string; // `service:NAME` or `family:NAME`
  startedBy: string | undefined;
  containers: ContainerSpec[];
}

/** Called by a runner as a task lives. All calls are asynchronous with respect to `start` and `stop`. */
export interface TaskObserver {
  /** Images are there; nothing runs yet. */
  pulled(): void;
  /** All containers run. `address` reaches container port P at `address.ports[P]` (a runner on one machine maps ports). */
  running(address: { ip: string; ports: Record<number, number> }): void;
  containerHealth(containerName: string, status: 'HEALTHY' | 'UNHEALTHY'): void;
  /** A container ended. `exitCode` is undefined when it never ran. */
  exited(containerName: string, exit: { exitCode?: number; reason?: string }): void;
  /** The task could not be started at all (`CannotPullContainerError: ...`). */
  failedToStart(reason: string): void;
  /** Every container has ended: the task is STOPPED. Called exactly once, last, for every started task. */
  stopped(): void;
}

export interface TaskRunner {
  /** Starts a task now (capacity and provisioning delays are ECS's business). */
  start(spec: TaskSpec, observer: TaskObserver): RunningTask;
  close(): Promise<void>;
}

export interface RunningTask {
  /** SIGTERM, then SIGKILL after each container's stop timeout. Idempotent. */
  stop(): void;
}

// ---- images: what ECS and the task runner need of ECR -----------------------------------------------------------------------

export interface ImageStore {
  /** Resolves `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPO:TAG`, `...@sha256:...` or a bare `REPO[:TAG|@DIGEST]` to a digest. */
  resolve(image: string): { repositoryName: string; imageDigest: string } | undefined;
  /** The runnable image behind a digest (an index resolves to its first child): its config and a layer as a tar archive. */
  content(repositoryName: string, imageDigest: string): ImageContent | undefined;
}

export interface ImageContent {
  /** The OCI image config's `config`: what to run. */
  config: { Cmd?: string[]; Entrypoint?: string[]; Env?: string[]; WorkingDir?: string };
  /** Layer blobs, in order, each an uncompressed or gzipped tar. */
  layers: Uint8Array[];
}

// ---- queues: what Lambda's own pollers need of SQS below its API -------------------------------------------------------------

export interface QueueArrivals {
  /** Resolves when something may have become visible in the queue, at once when there is none of that ARN. */
  arrival(queueArn: string): Promise<void>;
}

// ---- function URLs: what the HTTP door needs of Lambda ----------------------------------------------------------------------

export interface FunctionUrlRequest {
  method: string;
  /** Below the URL's own root: `/`, `/releases/7`. */
  path: string;
  /** The raw query string, without the question mark. */
  query: string;
  headers: Record<string, string>;
  body: Uint8Array;
  sourceIp: string;
}

export interface FunctionUrlResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface FunctionUrls {
  /** Answers a request at a function URL. `caller` is undefined when the request carries no valid signature. */
  invokeUrl(urlId: string, request: FunctionUrlRequest, caller: Caller | undefined): Promise<FunctionUrlResponse>;
}
