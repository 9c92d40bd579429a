// The scene most ECS tests play on: a cluster, a load-balanced (or plain) service called web, and everything around it imagined.
import type { DeploymentConfiguration, Service, ServiceDeployment } from '@aws-sdk/client-ecs';
import type { AlarmState } from '../../kernel/ports.ts';
import type { ServiceModel } from '../../kernel/service.ts';
import type { TaskBehaviour } from '../../tasks/modelled-runner.ts';
import { ModelledTaskRunner } from '../../tasks/modelled-runner.ts';
import type { TestKernel, TestKernelOptions } from '../../testing/kernel.ts';
import { testKernel } from '../../testing/kernel.ts';
import { EcsModel } from '../model.ts';
import { FakeLoadBalancing } from './fake-load-balancing.ts';

const ELB = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012';
export const blueGroup = `${ELB}:targetgroup/web-a/1`;
export const greenGroup = `${ELB}:targetgroup/web-b/2`;
export const productionRule = `${ELB}:listener-rule/app/lb/1/2/3`;
export const testRule = `${ELB}:listener-rule/app/lb/1/4/5`;
export const infraRole = 'arn:aws:iam::123456789012:role/ecs-infrastructure';
export const hookRole = 'arn:aws:iam::123456789012:role/ecs-hooks';
export const hookTarget = 'arn:aws:lambda:eu-west-1:123456789012:function:check';

const good: TaskBehaviour = { pullMs: 1000, startMs: 1000, stopMs: 1000 };
const HOUR_MS = 3_600_000;

export interface EmittedEvent {
  source: string;
  detailType: string;
  resources: string[];
  detail: Record<string, unknown>;
}

export class Scene {
  readonly t: TestKernel;
  readonly elb: FakeLoadBalancing;
  readonly ecs: EcsModel;
  readonly events: EmittedEvent[] = [];
  readonly alarms = new Map<string, AlarmState>();
  /** As they are pulled: `one` by its tag, `one@sha256:one` by its digest. */
  readonly missingImages = new Set<string>();
  readonly behaviours = new Map<string, TaskBehaviour>(); // by image
  /** What the hook function answers; asked once per invocation. */
  hookAnswer: (payload: Record<string, unknown>) => unknown = () => ({ hookStatus: 'SUCCEEDED' });
  readonly hookPayloads: Record<string, unknown>[] = [];

  constructor(options: TestKernelOptions = {}) {
    this.t = testKernel(options);
    this.elb = new FakeLoadBalancing(this.t.clock);
    this.elb.addGroup(blueGroup);
    this.elb.addGroup(greenGroup);
    this.elb.addRule(productionRule, { [blueGroup]: 1, [greenGroup]: 0 });
    this.elb.addRule(testRule, { [blueGroup]: 1, [greenGroup]: 0 });
    const { kernel } = this.t;
    this.ecs = new EcsModel(kernel, {
      loadBalancing: this.elb,
      taskRunner: new ModelledTaskRunner(kernel, { behaviourOf: (spec) => this.behaviours.get(spec.containers[0]?.image ?? '') ?? good }),
      images: { resolve: (image) => (this.missingImages.has(image) ? undefined : { repositoryName: 'web', imageDigest: image.split('@')[1] ?? `sha256:${image}` }), content: () => undefined },
      alarms: { stateOf: (name) => this.alarms.get(name) },
      events: { emit: (event) => void this.events.push(event) },
    });
    this.t.register(this.ecs);
    this.t.register(this.elb);
    this.t.register(this.lambda());
  }

  async call<Output = Record<string, unknown>>(operation: string, input: object): Promise<Output> {
    return (await this.t.call('ecs', operation, input)) as Output;
  }

  /** Registers web:N running `image`. */
  async register(image: string, container: object = {}): Promise<string> {
    const output = await this.call<{ taskDefinition: { taskDefinitionArn: string } }>('RegisterTaskDefinition', {
      family: 'web',
      containerDefinitions: [{ name: 'app', image, portMappings: [{ containerPort: 8080 }], ...container }],
    });
    return output.taskDefinition.taskDefinitionArn;
  }

  async create(options: { desiredCount?: number; balanced?: boolean; test?: boolean; deploymentConfiguration?: DeploymentConfiguration; service?: object } = {}): Promise<void> {
    await this.call('CreateCluster', { clusterName: 'prod' });
    const taskDefinition = await this.register('one');
    const advancedConfiguration = {
      alternateTargetGroupArn: greenGroup,
      productionListenerRule: productionRule,
      ...(options.test === false ? {} : { testListenerRule: testRule }),
      roleArn: infraRole,
    };
    await this.call('CreateService', {
      cluster: 'prod',
      serviceName: 'web',
      taskDefinition,
      desiredCount: options.desiredCount ?? 2,
      ...(options.balanced === false ? {} : { loadBalancers: [{ targetGroupArn: blueGroup, containerName: 'app', containerPort: 8080, advancedConfiguration }] }),
      deploymentConfiguration: options.deploymentConfiguration,
      ...options.service,
    });
  }

  /** A service whose first deployment is over and quiet. */
  async settled(options: Parameters<Scene['create']>[0] = {}): Promise<void> {
    await this.create(options);
    await this.untilStatus('SUCCESSFUL');
    await this.untilSteady();
    this.events.length = 0;
    this.elb.history.length = 0;
    this.hookPayloads.length = 0;
  }

  async update(input: object): Promise<Service> {
    return (await this.call<{ service: Service }>('UpdateService', { cluster: 'prod', service: 'web', ...input })).service;
  }

  /** Registers a task definition with another image and starts its deployment. */
  async deploy(image: string, input: { container?: object; deploymentConfiguration?: DeploymentConfiguration } = {}): Promise<void> {
    const { container, ...rest } = input;
    await this.update({ taskDefinition: await this.register(image, container), ...rest });
  }

  async service(): Promise<Service> {
    const { services } = await this.call<{ services: Service[] }>('DescribeServices', { cluster: 'prod', services: ['web'] });
    return services[0]!;
  }

  /** All deployments, newest first. */
  async deployments(): Promise<ServiceDeployment[]> {
    const { serviceDeployments: briefs } = await this.call<{ serviceDeployments: { serviceDeploymentArn: string }[] }>('ListServiceDeployments', { cluster: 'prod', service: 'web' });
    if (briefs.length === 0) return [];
    const output = await this.call<{ serviceDeployments: ServiceDeployment[] }>('DescribeServiceDeployments', { serviceDeploymentArns: briefs.map((brief) => brief.serviceDeploymentArn) });
    return output.serviceDeployments;
  }

  async deployment(): Promise<ServiceDeployment> {
    return (await this.deployments())[0]!;
  }

  /** Advances from timer to timer until the newest deployment satisfies the condition. */
  async until(what: (deployment: ServiceDeployment) => boolean, limitMs = 60 * 24 * HOUR_MS): Promise<ServiceDeployment> {
    const fromMs = this.t.clock.nowMs();
    for (;;) {
      const deployment = await this.deployment();
      if (what(deployment)) return deployment;
      if (this.t.clock.nowMs() - fromMs > limitMs || !(await this.t.clock.step())) throw new Error(`not within ${limitMs} ms: ${JSON.stringify(deployment, undefined, 1)}`);
    }
  }

  untilStatus(status: string): Promise<ServiceDeployment> {
    return this.until((deployment) => deployment.status === status);
  }

  /** Until some pause waits at the stage; answers its hook id. */
  async untilPaused(stage?: string): Promise<string> {
    const waiting = (deployment: ServiceDeployment) => deployment.lifecycleHookDetails?.find((hook) => hook.status === 'AWAITING_ACTION');
    const deployment = await this.until((seen) => waiting(seen) !== undefined && (stage === undefined || (seen.lifecycleStage as string) === stage));
    return waiting(deployment)!.hookId!;
  }

  async answer(hookId: string, action: 'CONTINUE' | 'ROLLBACK' = 'CONTINUE'): Promise<void> {
    const { serviceDeploymentArn } = await this.deployment();
    await this.call('ContinueServiceDeployment', { serviceDeploymentArn, hookId, action });
    await this.t.clock.advance(0);
  }

  async untilSteady(): Promise<void> {
    for (let steps = 0; steps < 3600; steps++) {
      const service = await this.service();
      if (service.deployments?.length === 1 && service.deployments[0]?.rolloutState === 'COMPLETED' && service.runningCount === service.desiredCount) return;
      await this.t.clock.step();
    }
    throw new Error('the service never became steady');
  }

  /** `[eventName, deploymentId, reason]` of the deployment events so far. */
  deploymentEvents(): unknown[][] {
    return this.events.filter((event) => event.detailType === 'ECS Deployment State Change').map(({ detail }) => [detail.eventName, detail.deploymentId, detail.reason]);
  }

  /** The production weights of the second revision's target group, in order. */
  weightsOf(group: string, rule = productionRule): number[] {
    return this.elb.history.filter((write) => write.ruleArn === rule).map((write) => write.weights[group] ?? -1);
  }

  private lambda(): ServiceModel {
    return {
      signingName: 'lambda',
      operations: {
        Invoke: {
          permissions: () => [],
          handle: (input) => {
            const payload = JSON.parse(new TextDecoder().decode((input as { Payload: Uint8Array }).Payload)) as Record<string, unknown>;
            this.hookPayloads.push(payload);
            const answer = this.hookAnswer(payload);
            return { StatusCode: 200, Payload: new TextEncoder().encode(JSON.stringify(answer ?? null)) };
          },
        },
      },
    };
  }
}

export const pause = (stages: string[], timeoutConfiguration?: object) =>
  ({ targetType: 'PAUSE', lifecycleStages: stages, ...(timeoutConfiguration ? { timeoutConfiguration } : {}) }) as never;
export const lambdaHook = (stages: string[], more: object = {}) => ({ targetType: 'AWS_LAMBDA', hookTargetArn: hookTarget, roleArn: hookRole, lifecycleStages: stages, ...more }) as never;
