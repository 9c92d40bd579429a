// What ECS tells the world: EventBridge events (Deployment State Change, Service Action, Hook State Change) and the service's own
// event list of which DescribeServices shows the newest hundred.
import { uuid } from '../kernel/random.ts';
import type { DeploymentRecord, HookRecord, ServiceRecord } from './state.ts';
import type { World } from './world.ts';
import { nowMs } from './world.ts';

const NEWEST_KEPT = 100;

export const iso = (ms: number): string => new Date(ms).toISOString();

/** A line in the service's event list: `(service web) has reached a steady state.` */
export function note(world: World, service: ServiceRecord, message: string): void {
  service.events.unshift({ id: uuid(world.kernel.random), createdAt: new Date(nowMs(world)), message: `(service ${service.name}) ${message}` });
  service.events.length = Math.min(service.events.length, NEWEST_KEPT);
}

type DeploymentEventName = 'SERVICE_DEPLOYMENT_IN_PROGRESS' | 'SERVICE_DEPLOYMENT_COMPLETED' | 'SERVICE_DEPLOYMENT_FAILED';

export function deploymentEvent(world: World, service: ServiceRecord, eventName: DeploymentEventName, deploymentId: string, reason: string): void {
  world.ports.events.emit({
    source: 'aws.ecs',
    detailType: 'ECS Deployment State Change',
    resources: [service.arn],
    detail: {
      eventType: eventName === 'SERVICE_DEPLOYMENT_FAILED' ? 'ERROR' : 'INFO',
      eventName,
      clusterArn: service.cluster.arn,
      deploymentId,
      updatedAt: iso(nowMs(world)),
      reason,
    },
  });
}

type ServiceAction = { eventType: 'INFO' | 'WARN' | 'ERROR'; eventName: string; reason?: string };

export function serviceAction(world: World, service: ServiceRecord, action: ServiceAction): void {
  world.ports.events.emit({
    source: 'aws.ecs',
    detailType: 'ECS Service Action',
    resources: [service.arn],
    detail: { ...action, clusterArn: service.cluster.arn, createdAt: iso(nowMs(world)) },
  });
}

type HookEventName = 'HOOK_IN_PROGRESS' | 'HOOK_AWAITING_ACTION' | 'HOOK_SUCCEEDED' | 'HOOK_FAILED' | 'HOOK_TIMED_OUT';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_hook_state_change_events.html ; `updatedAt` has nanoseconds there. */
export function hookEvent(world: World, deployment: DeploymentRecord, hook: HookRecord, eventName: HookEventName): void {
  const failed = eventName === 'HOOK_FAILED' || eventName === 'HOOK_TIMED_OUT';
  world.ports.events.emit({
    source: 'aws.ecs',
    detailType: 'ECS Hook State Change',
    resources: [deployment.arn],
    detail: {
      eventType: failed ? 'ERROR' : 'INFO',
      eventName,
      hookId: hook.id,
      hookType: hook.type,
      expiresAt: iso(hook.expiresAtMs),
      lifecycleStage: hook.stage,
      clusterArn: deployment.service.cluster.arn,
      serviceArn: deployment.service.arn,
      serviceDeploymentArn: deployment.arn,
      updatedAt: iso(nowMs(world)).replace('Z', '000000Z'),
    },
  });
}
