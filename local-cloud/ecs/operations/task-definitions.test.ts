// Task definitions and tags: what goes in comes out, and revisions count.
import type { TaskDefinition } from '@aws-sdk/client-ecs';
import { Scene } from '../testing/scene.ts';

const input = {
  family: 'api',
  taskRoleArn: 'arn:aws:iam::123456789012:role/task',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
  ephemeralStorage: { sizeInGiB: 30 },
  containerDefinitions: [{ name: 'app', image: 'repo@sha256:1', portMappings: [{ containerPort: 80, name: 'http', appProtocol: 'http' }], ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }], dockerLabels: { a: 'b' } }],
};

describe('task definitions', () => {
  it('keep every field of the input and count revisions up, also past deregistered ones', async () => {
    const scene = new Scene();
    const { taskDefinition } = await scene.call<{ taskDefinition: TaskDefinition }>('RegisterTaskDefinition', { ...input, tags: [{ key: 'a', value: 'b' }] });
    expect(taskDefinition).toMatchObject({ ...input, revision: 1, status: 'ACTIVE', taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/api:1' });
    await scene.call('RegisterTaskDefinition', input);
    await scene.call('DeregisterTaskDefinition', { taskDefinition: 'api:2' });
    expect(await scene.call('DescribeTaskDefinition', { taskDefinition: 'api' })).toMatchObject({ taskDefinition: { revision: 1 } });
    expect(await scene.call('DescribeTaskDefinition', { taskDefinition: 'api:2' })).toMatchObject({ taskDefinition: { status: 'INACTIVE' } });
    expect(await scene.call('RegisterTaskDefinition', input)).toMatchObject({ taskDefinition: { revision: 3 } });
    expect(await scene.call('ListTaskDefinitions', { familyPrefix: 'api', sort: 'DESC' })).toMatchObject({ taskDefinitionArns: [expect.stringMatching(/api:3$/), expect.stringMatching(/api:1$/)] });
    expect(await scene.call('ListTaskDefinitionFamilies', { status: 'ACTIVE' })).toMatchObject({ families: ['api'] });
  });

  it('show tags only when asked for', async () => {
    const scene = new Scene();
    await scene.call('RegisterTaskDefinition', { ...input, tags: [{ key: 'a', value: 'b' }] });
    expect(await scene.call('DescribeTaskDefinition', { taskDefinition: 'api:1' })).not.toHaveProperty('tags');
    expect(await scene.call('DescribeTaskDefinition', { taskDefinition: 'api:1', include: ['TAGS'] })).toMatchObject({ tags: [{ key: 'a', value: 'b' }] });
  });

  it.each([
    [{ ...input, containerDefinitions: [] }, 'Container list cannot be empty.'],
    [{ ...input, containerDefinitions: [{ image: 'x' }] }, 'Container.name should not be null or empty.'],
    [{ ...input, containerDefinitions: [{ name: 'x' }] }, 'Container.image should not be null or empty.'],
    [{ ...input, tags: [{ key: 'aws:x', value: 'y' }] }, 'Tag keys cannot start with aws:'],
  ])('are refused when wrong (%#)', async (wrong, message) => {
    await expect(new Scene().call('RegisterTaskDefinition', wrong)).rejects.toThrow(message);
  });

  it('that do not exist cannot be described', async () => {
    await expect(new Scene().call('DescribeTaskDefinition', { taskDefinition: 'none' })).rejects.toMatchObject({ code: 'ClientException', message: 'Unable to describe task definition.' });
  });
});

describe('tags', () => {
  it('are set, overwritten, listed and removed by ARN', async () => {
    const scene = new Scene();
    await scene.create({ balanced: false, service: { tags: [{ key: 'a', value: '1' }] } });
    const resourceArn = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/web';
    await scene.call('TagResource', { resourceArn, tags: [{ key: 'a', value: '2' }, { key: 'b', value: '3' }] });
    await scene.call('UntagResource', { resourceArn, tagKeys: ['b'] });
    expect(await scene.call('ListTagsForResource', { resourceArn })).toEqual({ tags: [{ key: 'a', value: '2' }] });
    await expect(scene.call('TagResource', { resourceArn: `${resourceArn}x`, tags: [] })).rejects.toMatchObject({ code: 'InvalidParameterException' });
  });
});
