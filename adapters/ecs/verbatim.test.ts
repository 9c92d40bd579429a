// Fields that this SDK does not know must survive being read and written.
import { ECSClient } from '@aws-sdk/client-ecs';
import type { DeploymentConfiguration } from '../../core/plan/deployment-configuration.ts';
import { servicesIn } from './services.ts';
import { taskDefinitionsIn } from './task-definitions.ts';

interface Sent {
  target: string;
  body: Record<string, unknown>;
  length: string | undefined;
}

/** An ECS that answers what is written, and remembers what it was sent. */
function ecsThatAnswers(answers: Record<string, object | { status: number; error: object }>) {
  const sent: Sent[] = [];
  const requestHandler = {
    handle: (request: { headers: Record<string, string>; body: string | Uint8Array }) => {
      const target = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
      const { body } = request;
      const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
      sent.push({ target, body: JSON.parse(text) as Record<string, unknown>, length: request.headers['content-length'] });
      const answer = answers[target] ?? {};
      const failed = 'status' in answer ? (answer as { status: number; error: object }) : undefined;
      return Promise.resolve({ response: { statusCode: failed?.status ?? 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: Buffer.from(JSON.stringify(failed?.error ?? answer)) } });
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
  const client = new ECSClient({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, requestHandler: requestHandler as never, maxAttempts: 1 });
  return { client, sent };
}

const service = { cluster: 'prod', name: 'web' };
const found = { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 5, ofNextYear: true }, lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP'], ofNextYear: { x: [1] } }], ofNextYear: { deep: 1 } };

describe('a service', () => {
  it('is read with everything ECS says of its deployments', async () => {
    const { client } = ecsThatAnswers({ DescribeServices: { services: [{ serviceName: 'web', status: 'ACTIVE', createdAt: 1795431600.5, deploymentConfiguration: found }] } });
    expect((await servicesIn(client).describe(service))?.deploymentConfiguration).toEqual(found);
  });

  it('that is not there is undefined, and so is one in a cluster that is not there', async () => {
    expect(await servicesIn(ecsThatAnswers({ DescribeServices: { services: [], failures: [{ reason: 'MISSING' }] } }).client).describe(service)).toBeUndefined();
    expect(await servicesIn(ecsThatAnswers({ DescribeServices: { status: 400, error: { __type: 'ClusterNotFoundException', message: 'Cluster not found.' } } }).client).describe(service)).toBeUndefined();
    await expect(servicesIn(ecsThatAnswers({ DescribeServices: { status: 400, error: { __type: 'AccessDeniedException', message: 'no' } } }).client).describe(service)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('is written with everything it was given, as many bytes as it says, and no desired count', async () => {
    const { client, sent } = ecsThatAnswers({ UpdateService: { service: { deployments: [{ id: 'ecs-svc/2', status: 'ACTIVE', taskDefinition: 'td:1' }, { id: 'ecs-svc/3', status: 'PRIMARY', taskDefinition: 'td:2' }] } } });
    expect(await servicesIn(client).deploy(service, 'td:2', found as DeploymentConfiguration)).toBe('3');
    await servicesIn(client).configure(service, { ...found, ünïcode: 'ß' });
    expect(sent.map(({ body }) => body)).toEqual([
      { cluster: 'prod', service: 'web', taskDefinition: 'td:2', deploymentConfiguration: found },
      { cluster: 'prod', service: 'web', deploymentConfiguration: { ...found, ünïcode: 'ß' } },
    ]);
    for (const { body, length } of sent) expect(Number(length)).toBe(Buffer.byteLength(JSON.stringify(body)));
  });

  it.each([
    ['shows no primary', []],
    ['shows the primary of somebody else', [{ id: 'ecs-svc/9', status: 'PRIMARY', taskDefinition: 'td:9' }]],
  ])('whose answer %s has no deployment of ours', async (_, deployments) => {
    expect(await servicesIn(ecsThatAnswers({ UpdateService: { service: { deployments } } }).client).deploy(service, 'td:2', {})).toBeUndefined();
  });

  it('lists its deployments newest first, from every page', async () => {
    const brief = (id: string, createdAt: number) => ({ serviceDeploymentArn: id, targetServiceRevisionArn: `arn:rev/prod/web/${id}`, status: 'SUCCESSFUL', createdAt });
    const pages: Record<string, object> = { first: { serviceDeployments: [brief('b', 2), brief('a', 1)], nextToken: 'more' }, more: { serviceDeployments: [brief('c', 3)] } };
    const { client, sent } = ecsThatAnswers({ get ListServiceDeployments() { return pages[(sent.at(-1)?.body['nextToken'] as string | undefined) ?? 'first'] ?? {}; } });
    expect((await servicesIn(client).deployments(service)).map(({ arn, createdAtMs }) => [arn, createdAtMs])).toEqual([['c', 3000], ['b', 2000], ['a', 1000]]);
  });
});

describe('answering a pause', () => {
  const answering = (error: object | undefined) => servicesIn(ecsThatAnswers({ ContinueServiceDeployment: error ? { status: 400, error } : { serviceDeploymentArn: 'arn' } }).client).answerPause('arn', 'hook', 'CONTINUE');

  it.each([
    ['InvalidParameterException', 'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN'],
    ['ClientException', 'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN'],
    ['ClientException', 'Continuing a service deployment is not allowed for service deployment in terminal states.'],
  ])('that was answered before is no error, whatever its class: %s, %s', async (__type, message) => {
    expect(await answering({ __type, message })).toBe('gone');
  });

  it.each([
    ['InvalidParameterException', 'Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}'],
    ['AccessDeniedException', 'not authorized'],
    ['ServiceDeploymentNotFoundException', 'The service deployment does not exist.'],
  ])('and anything else is: %s, %s', async (__type, message) => {
    await expect(answering({ __type, message })).rejects.toMatchObject({ name: __type });
  });

  it('is done when ECS says so', async () => {
    expect(await answering(undefined)).toBe('done');
  });

  it('stopping what has ended is no error', async () => {
    const stopping = (__type: string) => servicesIn(ecsThatAnswers({ StopServiceDeployment: { status: 400, error: { __type, message: 'x' } } }).client).stopWithRollback('arn');
    expect(await stopping('ConflictException')).toBe('gone');
    await expect(stopping('InvalidParameterException')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('a task definition', () => {
  const definition = { family: 'web', taskDefinitionArn: 'arn:td/web:1', containerDefinitions: [{ name: 'app', image: 'x', ofNextYear: { a: 1 } }], ofNextYear: 1 };

  it('is read and registered with what this SDK does not know', async () => {
    const { client, sent } = ecsThatAnswers({ DescribeTaskDefinition: { taskDefinition: definition, tags: [{ key: 'team', value: 'shop' }] }, RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: 'arn:td/web:2' } } });
    const definitions = taskDefinitionsIn(client);
    expect(await definitions.describe('web:1')).toEqual({ taskDefinition: definition, tags: [{ key: 'team', value: 'shop' }] });
    expect(await definitions.register({ input: { family: 'web', containerDefinitions: definition.containerDefinitions }, tags: [{ key: 'a', value: 'b' }] })).toBe('arn:td/web:2');
    expect(sent.at(-1)?.body).toEqual({ family: 'web', containerDefinitions: definition.containerDefinitions, tags: [{ key: 'a', value: 'b' }] });
  });

  it('of this release is found by its mark, and another one is not', async () => {
    const { client } = ecsThatAnswers({ ListTaskDefinitions: { taskDefinitionArns: ['arn:td/web:2'] }, DescribeTaskDefinition: { taskDefinition: definition, tags: [{ key: 'slipway:release', value: 'r1/0' }] } });
    expect(await taskDefinitionsIn(client).registeredFor('web', 'r1/0')).toBe('arn:td/web:2');
    expect(await taskDefinitionsIn(client).registeredFor('web', 'r1/1')).toBeUndefined();
  });

  it('that cannot be registered says why', async () => {
    const { client } = ecsThatAnswers({ RegisterTaskDefinition: { status: 400, error: { __type: 'ClientException', message: 'Invalid cpu' } } });
    await expect(taskDefinitionsIn(client).register({ input: { family: 'web' }, tags: [] })).rejects.toMatchObject({ name: 'ClientException', message: 'Invalid cpu' });
  });
});
