// What ECS finds out about listeners and target groups only once a deployment runs. A fault here rolls the deployment back.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
import type { DeploymentRecord } from '../state.ts';
import type { World } from '../world.ts';
import { StageFailed } from './stage-failure.ts';
import { otherGroup, rulesOf } from './traffic.ts';

export function checkNetworking(world: World, deployment: DeploymentRecord): void {
  const { loadBalancing } = world.ports;
  const refuse = (detail: string): never => {
    throw new StageFailed('network', `Service deployment rolled back because of invalid networking configuration: ${detail}`);
  };
  for (const { balancer, ruleArn, index } of rulesOf(deployment.target, 'production')) {
    const green = deployment.target.targetGroupArns[index] ?? '';
    const blue = otherGroup(balancer, green);
    for (const group of [blue, green]) {
      if (!loadBalancing.targetGroup(group)?.associated) refuse(`Target group ${group} is not associated with either productionListenerRule or testListenerRule.`);
    }
    const weights = loadBalancing.rule(ruleArn)?.weights;
    if (!weights) refuse(`The production listener rule ${ruleArn} does not forward to a target group.`);
    const groups = Object.entries(weights ?? {});
    const foreign = groups.find(([group]) => group !== blue && group !== green);
    if (foreign) refuse(`The production listener rule ${ruleArn} forwards traffic to an unexpected target group ${foreign[0]}.`);
    const serving = groups.filter(([, weight]) => weight > 0).map(([group]) => group);
    if (serving.length > 1) refuse(`The production listener rule ${ruleArn} has more than one target group serving traffic.`);
    if (deployment.blue && serving[0] !== blue) refuse(`The production listener rule ${ruleArn} does not serve the target group ${blue} of the current service revision.`);
    checkRole(world, balancer.advancedConfiguration?.roleArn ?? '', [blue, green], refuse);
  }
}

function checkRole(world: World, roleArn: string, groups: string[], refuse: (detail: string) => never): void {
  try {
    const caller = world.kernel.assumeRole(roleArn, 'ecs.amazonaws.com', 'ecs-service-deployment');
    world.kernel.authorize(caller, groups.flatMap((resource) => ['RegisterTargets', 'DeregisterTargets'].map((action) => ({ action: `elasticloadbalancing:${action}`, resource }))));
  } catch {
    refuse(`Missing permissions on the ECS infrastructure role ${roleArn}.`);
  }
}
