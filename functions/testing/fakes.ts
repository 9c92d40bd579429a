// What the functions need of the world besides records: a service in ECS, its alarms, images, and somebody to wake.
import type { ServiceDeployment } from '@aws-sdk/client-ecs';
import type { Logger } from '../../adapters/log.ts';
import type { ListedDeployment, Services } from '../../adapters/ecs/services.ts';
import type { TaskDefinitions } from '../../adapters/ecs/task-definitions.ts';
import type { DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import type { AlarmView } from '../../core/assess/verdict.ts';

export const PLACE = { region: 'eu-west-1', accountId: '123456789012' };
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class Killed extends Error {
  override readonly name = 'Killed';
}

interface FakeDeployment {
  arn: string;
  revisionId: string;
  taskDefinitionArn: string;
  createdAtMs: number;
  status: string;
  weightPercent: number;
  hooks: string[];
}

/** One service as ECS keeps it, with its deployments; a test moves them by hand. */
export class FakeEcs {
  deployments: FakeDeployment[] = [];
  configuration: DeploymentConfiguration = { strategy: 'ROLLING', maximumPercent: 200, minimumHealthyPercent: 100 };
  taskDefinitionArn = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:7';
  taskDefinitions = new Map<string, { taskDefinition: object; tags: { key?: string; value?: string }[] }>();
  calls: string[] = [];
  alarmStates = new Map<string, AlarmView['state']>();
  /** Whether ListServiceDeployments shows what was just made. */
  listsNew = true;
  /** Whether the answer to UpdateService shows the new deployment. */
  showsNew = true;
  /** Runs before the effect of a deployment; throw to be killed there. */
  before: (call: string) => void = () => undefined;
  /** Runs after the effect of a call; throw to be killed there. */
  after: (call: string) => void = () => undefined;
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
    this.taskDefinitions.set(this.taskDefinitionArn, { taskDefinition: { family: 'checkout', containerDefinitions: [{ name: 'app', image: 'shop/checkout:old' }] }, tags: [] });
  }

  private done(call: string): void {
    this.calls.push(call);
    this.after(call);
  }

  get newest(): FakeDeployment {
    const newest = this.deployments[0];
    if (!newest) throw new Error('no deployment yet');
    return newest;
  }

  readonly services: Services = {
    describe: async () =>
      ({
        service: { status: 'ACTIVE', desiredCount: 2, taskDefinition: this.taskDefinitionArn, loadBalancers: [{ targetGroupArn: 'tg', advancedConfiguration: { alternateTargetGroupArn: 'b', productionListenerRule: 'r', roleArn: 'role' } }] },
        deploymentConfiguration: structuredClone(this.configuration),
      }),
    deployments: async (): Promise<ListedDeployment[]> => (this.listsNew ? this.deployments : this.deployments.slice(1)).map(({ arn, revisionId, status, createdAtMs }) => ({ arn, targetRevisionArn: `arn:rev/${revisionId}`, status, createdAtMs })),
    deployment: async (arn) => {
      const found = this.deployments.find((one) => one.arn === arn);
      if (!found) return undefined;
      return {
        serviceDeploymentArn: arn,
        status: found.status,
        createdAt: new Date(found.createdAtMs),
        targetServiceRevision: { arn: `arn:rev/${found.revisionId}`, requestedProductionTrafficWeight: found.weightPercent },
        lifecycleHookDetails: found.hooks.map((hookId) => ({ hookId, status: 'AWAITING_ACTION' })),
      } as ServiceDeployment;
    },
    registrar: async () => 'arn:aws:iam::123456789012:user/somebody',
    revision: async (arn) => ({ taskDefinition: this.deployments.find((one) => arn.endsWith(`/${one.revisionId}`))?.taskDefinitionArn }),
    deploy: async (_service, taskDefinitionArn, configuration) => {
      this.before('deploy');
      const revisionId = String(1000 + this.deployments.length);
      this.configuration = configuration;
      this.taskDefinitionArn = taskDefinitionArn;
      this.deployments.unshift({ arn: `arn:deployment/${revisionId}`, revisionId, taskDefinitionArn, createdAtMs: this.nowMs(), status: 'IN_PROGRESS', weightPercent: 0, hooks: [] });
      this.done('deploy');
      return this.showsNew ? revisionId : undefined;
    },
    configure: async (_service, configuration) => {
      this.configuration = configuration;
      this.done('configure');
    },
    answerPause: async (arn, hookId, action) => {
      const found = this.deployments.find((one) => one.arn === arn);
      if (!found?.hooks.includes(hookId)) return 'gone';
      found.hooks = found.hooks.filter((hook) => hook !== hookId);
      if (action === 'ROLLBACK') found.status = 'ROLLBACK_IN_PROGRESS';
      this.done(`${action} ${hookId}`);
      return 'done';
    },
    stopWithRollback: async (arn) => {
      const found = this.deployments.find((one) => one.arn === arn);
      if (found?.status !== 'IN_PROGRESS') return 'gone';
      found.status = 'ROLLBACK_REQUESTED';
      this.done('stop');
      return 'done';
    },
  };

  readonly definitions: TaskDefinitions = {
    describe: async (arn) => structuredClone(this.taskDefinitions.get(arn) ?? { taskDefinition: {}, tags: [] }),
    registeredFor: async (_family, mark) => [...this.taskDefinitions].find(([, { tags }]) => tags.some((tag) => tag.value === mark))?.[0],
    register: async (copy) => {
      const arn = `arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:${7 + this.taskDefinitions.size}`;
      this.taskDefinitions.set(arn, { taskDefinition: copy.input, tags: copy.tags });
      this.done('register');
      return arn;
    },
  };

  readonly alarms = {
    states: async (names: readonly string[]): Promise<AlarmView[]> => names.map((name) => ({ name, state: this.alarmStates.get(name) ?? 'OK', reason: '' })),
    requests: async (): Promise<number> => 0,
  };
}
