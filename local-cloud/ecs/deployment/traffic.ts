// Moves traffic between the two target groups of a service, by editing the listener rules as the service's infrastructure role.
import type { LoadBalancer } from '@aws-sdk/client-ecs';
import type { Caller } from '../../kernel/service.ts';
import type { DeploymentRecord, RevisionRecord } from '../state.ts';
import type { World } from '../world.ts';
import { minutes } from '../world.ts';
import { StageFailed } from './stage-failure.ts';
import { touch } from './stage.ts';
import { listenerWeights } from './traffic-plan.ts';

/** ECS adds ten minutes to a shift behind a Network Load Balancer: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb-resources-for-blue-green.html */
const NLB_MINUTES = 10;

type Kind = 'production' | 'test';

/** Gives the new revision `percent` of the traffic and its predecessor the rest, and waits until that has settled. */
export async function shiftTraffic(world: World, deployment: DeploymentRecord, kind: Kind, percent: number): Promise<void> {
  const { target, course } = deployment;
  setWeights(deployment, kind, percent);
  deployment.shifted[kind] = percent > 0;
  touch(world, deployment);
  const rules = rulesOf(target, kind);
  for (const { balancer, ruleArn, index } of rules) {
    const green = target.targetGroupArns[index] ?? '';
    const weights = listenerWeights(percent);
    try {
      await course.follow(writeWeights(world, balancer, ruleArn, { [green]: weights.green, [otherGroup(balancer, green)]: weights.blue }));
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Interrupted') throw error;
      throw new StageFailed('hook', `Service deployment rolled back because ${deployment.stage} lifecycle hook(s) failed. ${error.message}`);
    }
  }
  const nlb = rules.some(({ ruleArn }) => ruleArn.includes(':listener/net/'));
  await course.sleep(world.kernel.clock, world.kernel.physics.trafficShiftMs + (nlb ? minutes(world, NLB_MINUTES) : 0));
}

/** Requested weights by revision ARN, as hooks are told. */
export function weightsByRevision(deployment: DeploymentRecord, kind: Kind): Record<string, number> {
  const weightOf = (revision: RevisionRecord) => (kind === 'production' ? revision.productionWeight : revision.testWeight);
  const sides = deployment.blue ? [deployment.target, deployment.blue] : [deployment.target];
  return Object.fromEntries(sides.map((revision) => [revision.arn, weightOf(revision)]));
}

function setWeights(deployment: DeploymentRecord, kind: Kind, percent: number): void {
  const set = (revision: RevisionRecord, weight: number) => {
    if (kind === 'production') revision.productionWeight = weight;
    else revision.testWeight = weight;
  };
  for (const revision of deployment.service.revisions) set(revision, 0);
  set(deployment.target, percent);
  if (deployment.blue) set(deployment.blue, Math.round((100 - percent) * 10) / 10);
}

/** Puts everything back on one revision, whatever a deployment that was cut short had done to the rules. */
export async function restoreTraffic(world: World, deployment: DeploymentRecord, revision: RevisionRecord): Promise<void> {
  for (const kind of ['production', 'test'] as const) {
    for (const { balancer, ruleArn, index } of rulesOf(revision, kind)) {
      const live = revision.targetGroupArns[index] ?? '';
      if (world.ports.loadBalancing.rule(ruleArn) === undefined) continue;
      try {
        await deployment.course.follow(writeWeights(world, balancer, ruleArn, { [live]: 100, [otherGroup(balancer, live)]: 0 }));
      } catch (error) {
        if (!(error instanceof Error) || error.name === 'Interrupted') throw error;
        throw new StageFailed('hook', `Service deployment rolled back because ${deployment.stage} lifecycle hook(s) failed. ${error.message}`);
      }
    }
  }
  giveAllProduction(revision);
  touch(world, deployment);
  await deployment.course.sleep(world.kernel.clock, world.kernel.physics.trafficShiftMs);
}

/** In the books: production belongs to this revision alone. */
export function giveAllProduction(revision: RevisionRecord): void {
  for (const each of revision.service.revisions) {
    each.productionWeight = each === revision ? 100 : 0;
    if (each !== revision) each.testWeight = 0;
  }
}

/** Did a deployment that was cut short leave traffic on another target group than this revision's? */
export const trafficIsElsewhere = (revision: RevisionRecord): boolean =>
  revision.service.revisions.some((other) => other.productionWeight > 0 && other.targetGroupArns.some((arn, index) => arn !== revision.targetGroupArns[index]));

export function rulesOf(revision: RevisionRecord, kind: Kind): { balancer: LoadBalancer; ruleArn: string; index: number }[] {
  return revision.workload.loadBalancers.flatMap((balancer, index) => {
    const { productionListenerRule, testListenerRule } = balancer.advancedConfiguration ?? {};
    const ruleArn = kind === 'production' ? productionListenerRule : testListenerRule;
    return ruleArn ? [{ balancer, ruleArn, index }] : [];
  });
}

export const otherGroup = (balancer: LoadBalancer, targetGroupArn: string): string => {
  const alternate = balancer.advancedConfiguration?.alternateTargetGroupArn ?? '';
  return targetGroupArn === alternate ? (balancer.targetGroupArn ?? '') : alternate;
};

interface ForwardAction {
  Type?: string;
  ForwardConfig?: { TargetGroups?: { TargetGroupArn?: string; Weight?: number }[]; TargetGroupStickinessConfig?: object };
}

/** Reads the rule first, so that stickiness and order survive. */
async function writeWeights(world: World, balancer: LoadBalancer, ruleArn: string, weights: Record<string, number>): Promise<void> {
  const roleArn = balancer.advancedConfiguration?.roleArn ?? '';
  const caller = world.kernel.assumeRole(roleArn, 'ecs.amazonaws.com', 'ecs-service-deployment');
  const isRule = ruleArn.includes(':listener-rule/');
  const forward = isRule ? await actionOfRule(world, caller, ruleArn) : await actionOfListener(world, caller, ruleArn);
  const action = {
    Type: 'forward',
    ForwardConfig: { ...forward?.ForwardConfig, TargetGroups: Object.entries(weights).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })) },
  };
  if (isRule) await world.kernel.call(caller, 'elasticloadbalancing', 'ModifyRule', { RuleArn: ruleArn, Actions: [action] });
  else await world.kernel.call(caller, 'elasticloadbalancing', 'ModifyListener', { ListenerArn: ruleArn, DefaultActions: [action] });
}

async function actionOfRule(world: World, caller: Caller, ruleArn: string): Promise<ForwardAction | undefined> {
  const output = (await world.kernel.call(caller, 'elasticloadbalancing', 'DescribeRules', { RuleArns: [ruleArn] })) as { Rules?: { Actions?: ForwardAction[] }[] };
  return output.Rules?.[0]?.Actions?.find((action) => action.Type === 'forward');
}

async function actionOfListener(world: World, caller: Caller, listenerArn: string): Promise<ForwardAction | undefined> {
  const output = (await world.kernel.call(caller, 'elasticloadbalancing', 'DescribeListeners', { ListenerArns: [listenerArn] })) as { Listeners?: { DefaultActions?: ForwardAction[] }[] };
  return output.Listeners?.[0]?.DefaultActions?.find((action) => action.Type === 'forward');
}
