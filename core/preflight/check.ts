// Is the world fit for this stage? Every fault is told at once, each with the exact field and what to do.
import { nativeOf } from '../ladder/index.ts';
import type { Stage } from '../pipeline/model.ts';

/** What preflight looks at, read by the adapters; undefined members were not found. */
export interface PreflightFacts {
  service:
    | {
        status: string;
        deploymentController: string;
        schedulingStrategy: string;
        desiredCount: number;
        taskDefinitionArn: string;
        loadBalancers: { targetGroupArn: string | undefined; advanced: { alternateTargetGroupArn: string | undefined; productionListenerRule: string | undefined; roleArn: string | undefined } | undefined }[];
        serviceConnect: boolean;
        /** A deployment of this service that is still going on. */
        runningDeploymentArn: string | undefined;
      }
    | undefined;
  containers: { name: string; image: string }[];
  alarms: { name: string; state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'MISSING' }[];
}

export interface PreflightFault {
  /** Where in the stage the mistake shows, as a path below it (`service.name`, `alarms.0`). */
  path: (string | number)[];
  message: string;
  hint: string;
  /** Worth looking again later, as opposed to something a person must change. */
  passing: boolean;
}

export interface PreflightReport {
  faults: PreflightFault[];
  /** Alarms already in ALARM that the stage leaves out of its watch. */
  alarmsLeftOut: string[];
  warnings: string[];
}

/** `apply` checks what can be known in advance; `release` also insists on a quiet moment. */
export function checkPreflight(stage: Stage, facts: PreflightFacts, occasion: 'apply' | 'release', ownDeploymentArn?: string): PreflightReport {
  const { service } = facts;
  const where = `${stage.service.cluster}/${stage.service.name}`;
  if (!service) {
    return { faults: [fault(['service', 'name'], `no service ${where}`, 'Check cluster and service name, and that this account and Region are the right ones.')], alarmsLeftOut: [], warnings: [] };
  }
  const faults = [...serviceFaults(stage, service, where), ...containerFaults(stage, facts), ...trafficFaults(stage, service, where), ...missingAlarms(stage, facts)];
  if (occasion === 'apply') return { faults, alarmsLeftOut: [], warnings: [] };

  if (service.runningDeploymentArn && service.runningDeploymentArn !== ownDeploymentArn) {
    faults.push({ ...fault(['service', 'name'], `another deployment of ${where} is running: ${service.runningDeploymentArn}`, 'Slipway did not start it. Wait for its end, or stop it, then run `slipway deploy`.'), passing: true });
  }
  const { strategy } = nativeOf(stage.strategy);
  if (service.desiredCount === 0 && (strategy === 'CANARY' || strategy === 'LINEAR')) {
    faults.push({ ...fault(['strategy'], `${where} wants no tasks: with nobody to serve it, ${strategy} would shift traffic to nothing and prove nothing`, 'Set its desiredCount to 1 or more, then run `slipway deploy`; or use `strategy: rolling`, which needs no traffic.'), passing: true });
  }
  const hot = facts.alarms.filter((alarm) => alarm.state === 'ALARM').map((alarm) => alarm.name);
  if (hot.length === 0) return { faults, alarmsLeftOut: [], warnings: [] };
  switch (stage.onAlarmAtStart) {
    case 'refuse':
      return {
        faults: [...faults, ...hot.map((name) => ({ ...fault(['alarms', stage.alarms.indexOf(name)], `alarm ${name} is already in ALARM`, 'Wait until it is quiet, or set `onAlarmAtStart: ignore` or `proceed` for a fix that must go out.'), passing: true }))],
        alarmsLeftOut: [],
        warnings: [],
      };
    case 'ignore':
      return { faults, alarmsLeftOut: hot, warnings: [`Already in ALARM and therefore not watched during this rollout: ${hot.join(', ')}.`] };
    case 'proceed':
      return { faults, alarmsLeftOut: hot, warnings: [`Hotfix: already in ALARM, watched again once quiet: ${hot.join(', ')}.`] };
  }
}

type ServiceFacts = NonNullable<PreflightFacts['service']>;

function serviceFaults(stage: Stage, service: ServiceFacts, where: string): PreflightFault[] {
  const faults: PreflightFault[] = [];
  if (service.status !== 'ACTIVE') faults.push(fault(['service', 'name'], `${where} is ${service.status}, not ACTIVE`, 'A service that is being deleted cannot be deployed to.'));
  if (service.deploymentController !== 'ECS') {
    faults.push(
      fault(['service', 'name'], `${where} has deploymentController.type ${service.deploymentController}; Slipway needs ECS`, 'Migrate the service: set deploymentController.type to ECS with UpdateService, once no deployment is running.'),
    );
  }
  if (service.schedulingStrategy === 'DAEMON' && stage.strategy.kind !== 'rolling') {
    faults.push(fault(['strategy'], `${where} is a DAEMON service, which can only roll`, 'Use `strategy: rolling`.'));
  }
  return faults;
}

function containerFaults(stage: Stage, facts: PreflightFacts): PreflightFault[] {
  if (facts.containers.some((container) => container.name === stage.service.container)) return [];
  const names = facts.containers.map((container) => container.name).join(', ') || 'none';
  return [fault(['service', 'container'], `no container "${stage.service.container}" in the task definition the service runs`, `Its containers: ${names}.`)];
}

function trafficFaults(stage: Stage, service: ServiceFacts, where: string): PreflightFault[] {
  const { strategy } = nativeOf(stage.strategy);
  if (strategy === 'ROLLING' || service.serviceConnect) return [];
  if (service.loadBalancers.length === 0) {
    if (strategy === 'BLUE_GREEN') return [];
    return [fault(['strategy'], `${strategy} shifts traffic, and ${where} has no loadBalancers and no Service Connect`, 'Add a load balancer with advancedConfiguration, or use `strategy: rolling`.')];
  }
  return service.loadBalancers.flatMap((balancer, index) => {
    const field = `loadBalancers[${index}].advancedConfiguration`;
    if (!balancer.advanced) return [fault(['strategy'], `${where} lacks ${field}, which ${strategy} needs`, 'Give it alternateTargetGroupArn, productionListenerRule and roleArn.')];
    const missing = (['alternateTargetGroupArn', 'productionListenerRule', 'roleArn'] as const).filter((member) => !balancer.advanced?.[member]);
    return missing.map((member) => fault(['strategy'], `${where} lacks ${field}.${member}, which ${strategy} needs`, 'Set it with UpdateService or in the template that owns the service.'));
  });
}

const missingAlarms = (stage: Stage, facts: PreflightFacts): PreflightFault[] =>
  stage.alarms.flatMap((name, index) =>
    facts.alarms.some((alarm) => alarm.name === name && alarm.state !== 'MISSING') ? [] : [fault(['alarms', index], `no alarm "${name}" in this account and Region`, 'Create it, or correct the name.')],
  );

const fault = (path: (string | number)[], message: string, hint: string): PreflightFault => ({ path, message, hint, passing: false });
