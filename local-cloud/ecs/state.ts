// What the ECS model remembers: clusters hold services and tasks, a service holds its revisions and deployments.
// Records are plain and mutable; who may change what is said by the file that owns the concern (scheduler, deployment/, tasks/).
import type {
  CreateClusterRequest, CreateServiceRequest, DeploymentConfiguration, DeploymentLifecycleHook, DeploymentRolloutState, LoadBalancer, Service, ServiceDeployment,
  ServiceDeploymentRollbackMonitorsStatus, ServiceDeploymentStatus, ServiceEvent, ServiceRevisionSummary, Tag, TaskDefinition, TaskOverride, TaskStopCode,
} from '@aws-sdk/client-ecs';
import type { Timer } from '../kernel/clock.ts';
import type { RunningTask, Target } from '../kernel/ports.ts';
import type { Course } from './deployment/course.ts';

export interface ClusterRecord {
  name: string;
  arn: string;
  status: 'ACTIVE' | 'INACTIVE';
  settings: Omit<CreateClusterRequest, 'clusterName' | 'tags'>;
  tags: Tag[];
  /** How many tasks the cluster has room for; Infinity unless a shortage is simulated. */
  taskLimit: number;
  services: Map<string, ServiceRecord>;
  tasks: Map<string, TaskRecord>; // by task id
}

export interface TaskDefinitionRecord {
  arn: string;
  family: string;
  definition: TaskDefinition & { taskDefinitionArn: string };
  tags: Tag[];
}

/** The part of a service whose change makes a new revision. */
export type Workload = Pick<
  CreateServiceRequest,
  'launchType' | 'capacityProviderStrategy' | 'platformVersion' | 'networkConfiguration'
> & { loadBalancers: LoadBalancer[] };

/** The part of a service whose change starts nothing. */
export type ServiceSettings = Pick<
  CreateServiceRequest,
  | 'healthCheckGracePeriodSeconds' | 'enableECSManagedTags' | 'propagateTags' | 'enableExecuteCommand' | 'availabilityZoneRebalancing'
  | 'placementConstraints' | 'placementStrategy' | 'deploymentController' | 'role'
> & { desiredCount: number; deploymentConfiguration: DeploymentConfiguration };

export interface ServiceRecord {
  name: string;
  arn: string;
  cluster: ClusterRecord;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  createdAtMs: number;
  createdBy: string;
  clientToken: string | undefined;
  tags: Tag[];
  settings: ServiceSettings;
  workload: Workload;
  taskDefinition: TaskDefinitionRecord;
  revisions: RevisionRecord[]; // oldest first, all that ever were
  deployments: DeploymentRecord[]; // oldest first
  events: ServiceEvent[]; // newest first
  /** The revision that DescribeServices calls PRIMARY. */
  primary: RevisionRecord | undefined;
  /** The revision of the last deployment that ended well: where a rollback goes. */
  stable: RevisionRecord | undefined;
  /** Set while tasks of `retiring` are swapped for tasks of `target` inside the min/max window. */
  swap: { target: RevisionRecord; retiring: RevisionRecord[] } | undefined;
  scheduling: SchedulingRecord;
  /** What lagging readers still see; empty without a read lag. */
  snapshots: Snapshot[];
}

/** What readers of a service saw at a time. */
export interface Snapshot {
  atMs: number;
  service: Service;
  deployments: ServiceDeployment[];
}

export interface SchedulingRecord {
  timer: Timer | undefined;
  urgent: boolean;
  /** Conditions that a deployment waits for; each is asked after every tick and removed once it answers true. */
  waiting: Set<() => boolean>;
  consecutiveFailures: number;
  noStartBeforeMs: number;
  impaired: boolean;
  lastPlacementFailureMs: number | undefined;
  lastStuckNoticeMs: number | undefined;
  steady: boolean;
  runningCountSeen: number;
}

export interface RevisionRecord {
  number: string;
  arn: string;
  /** `ecs-svc/N` */
  classicId: string;
  service: ServiceRecord;
  taskDefinition: TaskDefinitionRecord;
  workload: Workload;
  createdAtMs: number;
  updatedAtMs: number;
  /** The target group this revision's tasks register in, one per entry of `workload.loadBalancers`. */
  targetGroupArns: string[];
  /** Digests by container name, resolved by the first task and reused by all later ones. */
  imageDigests: Map<string, string>;
  /** `all`: as many tasks as the service desires, whatever that is at the time. */
  scale: 'all' | number;
  productionWeight: number;
  testWeight: number;
  /** False once it has no task and nothing wants one. */
  active: boolean;
  rolloutState: DeploymentRolloutState;
  rolloutStateReason: string;
  failedTasks: number;
  /** Those that are not STOPPED yet. */
  tasks: Set<TaskRecord>;
  /** COMPLETED is only announced when the tasks it replaced are gone, which is later than SUCCESSFUL. */
  completionPending: boolean;
}

/** As in the API, plus the stage that the SDK's response enum lacks. */
export type Stage =
  | 'RECONCILE_SERVICE' | 'PRE_SCALE_UP' | 'SCALE_UP' | 'POST_SCALE_UP' | 'TEST_TRAFFIC_SHIFT' | 'POST_TEST_TRAFFIC_SHIFT'
  | 'PRE_PRODUCTION_TRAFFIC_SHIFT' | 'PRODUCTION_TRAFFIC_SHIFT' | 'POST_PRODUCTION_TRAFFIC_SHIFT' | 'BAKE_TIME' | 'CLEAN_UP';

export interface DeploymentRecord {
  id: string;
  arn: string;
  service: ServiceRecord;
  target: RevisionRecord;
  sources: RevisionRecord[];
  /** The source that serves production and keeps serving it until the shift; undefined for a first deployment. */
  blue: RevisionRecord | undefined;
  configuration: DeploymentConfiguration;
  status: ServiceDeploymentStatus;
  statusReason: string | undefined;
  stage: Stage | undefined;
  createdAtMs: number;
  updatedAtMs: number;
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  stoppedAtMs: number | undefined;
  hooks: HookRecord[];
  rollback: { reason: string; startedAtMs: number; revision: RevisionRecord } | undefined;
  breaker: { status: ServiceDeploymentRollbackMonitorsStatus; failureCount: number };
  alarms: { status: ServiceDeploymentRollbackMonitorsStatus; watched: string[]; triggered: string[] };
  /** Which traffic has been asked to move, so that a rollback knows what to bring back. */
  shifted: { test: boolean; production: boolean };
  course: Course;
  /** The alarm poll and the limit on the whole deployment. */
  watches: Timer[];
  /** What the deployment looked like when it ended; the revisions it names live on and change. */
  frozen: { sources: ServiceRevisionSummary[]; target: ServiceRevisionSummary } | undefined;
}

export interface HookRecord {
  id: string;
  hook: DeploymentLifecycleHook;
  type: 'PAUSE' | 'AWS_LAMBDA';
  stage: Stage;
  status: 'AWAITING_ACTION' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  expiresAtMs: number;
  timeoutAction: 'ROLLBACK' | 'CONTINUE';
  /** Present while a person may still answer it. */
  answer: ((action: 'CONTINUE' | 'ROLLBACK') => void) | undefined;
}

export type TaskStatus =
  | 'PROVISIONING' | 'PENDING' | 'ACTIVATING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'DEPROVISIONING' | 'STOPPED';

export interface ContainerRecord {
  arn: string;
  name: string;
  image: string;
  imageDigest: string | undefined;
  essential: boolean;
  hasHealthCheck: boolean;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  healthStatus: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';
  exitCode: number | undefined;
  reason: string | undefined;
  runtimeId: string | undefined;
}

export interface TaskRecord {
  id: string;
  arn: string;
  cluster: ClusterRecord;
  taskDefinition: TaskDefinitionRecord;
  revision: RevisionRecord | undefined;
  group: string;
  startedBy: string | undefined;
  launchType: string | undefined;
  platformVersion: string | undefined;
  capacityProviderName: string | undefined;
  enableExecuteCommand: boolean;
  overrides: TaskOverride;
  tags: Tag[];
  availabilityZone: string;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  containers: ContainerRecord[];
  address: { ip: string; ports: Record<number, number> } | undefined;
  attachmentId: string;
  targets: { targetGroupArn: string; target: Target }[];
  running: RunningTask | undefined;
  version: number;
  createdAtMs: number;
  pullStartedAtMs: number | undefined;
  pullStoppedAtMs: number | undefined;
  startedAtMs: number | undefined;
  stoppingAtMs: number | undefined;
  executionStoppedAtMs: number | undefined;
  stoppedAtMs: number | undefined;
  stopCode: TaskStopCode | undefined;
  stoppedReason: string | undefined;
  /** Whether it ever passed all its checks; the circuit breaker counts tasks that end without. */
  wasHealthy: boolean;
}

const TERMINAL: readonly ServiceDeploymentStatus[] = ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'];
export const isTerminal = (deployment: DeploymentRecord): boolean => TERMINAL.includes(deployment.status);

/** The deployment that is still on its way, if any. */
export const runningDeployment = (service: ServiceRecord): DeploymentRecord | undefined => {
  const newest = service.deployments.at(-1);
  return newest && !isTerminal(newest) ? newest : undefined;
};

export const strategyOf = (configuration: DeploymentConfiguration) => configuration.strategy ?? 'ROLLING';

export const requestedCount = (revision: RevisionRecord): number =>
  revision.scale === 'all' ? revision.service.settings.desiredCount : revision.scale;

/** All tasks of a revision that are not STOPPED yet. */
export const tasksOf = (revision: RevisionRecord): TaskRecord[] => [...revision.tasks];

/** The tasks of a revision that are meant to run. */
export const liveTasksOf = (revision: RevisionRecord): TaskRecord[] => tasksOf(revision).filter((task) => task.desiredStatus === 'RUNNING');

export const activeRevisions = (service: ServiceRecord): RevisionRecord[] => service.revisions.filter((revision) => revision.active);
