// What each call must be allowed to do: least privilege is tested against this table.
import type { Permission } from '../../kernel/service.ts';
import { Scene, hookRole, infraRole, lambdaHook } from '../testing/scene.ts';

const account = 'arn:aws:ecs:eu-west-1:123456789012';
const service = `${account}:service/prod/web`;
const deployment = `${account}:service-deployment/prod/web/ID`;
const cluster = { 'ecs:cluster': `${account}:cluster/prod` };
const asked = (permissions: Permission[]) => permissions.map(({ action, resource }) => `${action} ${resource}`);

async function permissionsOf(scene: Scene, operation: string, input: object): Promise<Permission[]> {
  return scene.ecs.operations[operation]!.permissions(input, { caller: { kind: 'operator', arn: 'x' }, requestId: 'y' });
}

describe('permissions', () => {
  it.each([
    ['DescribeServices', { cluster: 'prod', services: ['web'] }, [`ecs:DescribeServices ${service}`]],
    ['ListServiceDeployments', { cluster: 'prod', service: 'web' }, [`ecs:ListServiceDeployments ${service}`]],
    ['DescribeServiceDeployments', { serviceDeploymentArns: [deployment] }, [`ecs:DescribeServiceDeployments ${deployment}`]],
    ['ContinueServiceDeployment', { serviceDeploymentArn: deployment, hookId: 'x' }, [`ecs:ContinueServiceDeployment ${deployment}`, `ecs:ContinueServiceDeployment ${service}`]],
    ['StopServiceDeployment', { serviceDeploymentArn: deployment }, [`ecs:StopServiceDeployment ${deployment}`, `ecs:StopServiceDeployment ${service}`]],
    ['DescribeTaskDefinition', { taskDefinition: 'web' }, ['ecs:DescribeTaskDefinition *']],
    ['ListTasks', { cluster: 'prod' }, [`ecs:ListTasks ${account}:container-instance/prod/*`]],
    ['DescribeTasks', { cluster: 'prod', tasks: ['abc'] }, [`ecs:DescribeTasks ${account}:task/prod/abc`]],
    [
      'RegisterTaskDefinition',
      { family: 'web', taskRoleArn: 'role/task', executionRoleArn: 'role/exec', tags: [{ key: 'a', value: 'b' }] },
      [`ecs:RegisterTaskDefinition ${account}:task-definition/web:*`, `ecs:TagResource ${account}:task-definition/web:*`, 'iam:PassRole role/task', 'iam:PassRole role/exec'],
    ],
  ])('%s', async (operation, input, expected) => {
    expect(asked(await permissionsOf(new Scene(), operation, input))).toEqual(expected);
  });

  it('carry the cluster, the tags and who a role is passed to', async () => {
    const scene = new Scene();
    await scene.create({ balanced: false, service: { tags: [{ key: 'team', value: 'shop' }] } });
    const [describe] = await permissionsOf(scene, 'DescribeServices', { cluster: 'prod', services: ['web'] });
    expect(describe?.context).toEqual({ ...cluster, 'aws:ResourceTag/team': 'shop', 'ecs:ResourceTag/team': 'shop' });
    const [, tag, pass] = await permissionsOf(scene, 'RegisterTaskDefinition', { family: 'web', taskRoleArn: 'role/task', tags: [{ key: 'a', value: 'b' }] });
    expect(tag?.context).toEqual({ 'ecs:CreateAction': 'RegisterTaskDefinition', 'aws:RequestTag/a': 'b', 'aws:TagKeys': ['a'] });
    expect(pass?.context).toEqual({ 'iam:PassedToService': 'ecs-tasks.amazonaws.com' });
  });

  it.each([
    ['checked', ['iam:PassRole role/task', `iam:PassRole ${infraRole}`, `iam:PassRole ${hookRole}`]],
    ['onlyNewRoles', ['iam:PassRole role/task', `iam:PassRole ${hookRole}`]],
  ] as const)('of UpdateService with roles that did not change (%s)', async (passRoleOnUpdate, expected) => {
    const scene = new Scene({ switches: { passRoleOnUpdate } });
    await scene.create({ deploymentConfiguration: { strategy: 'BLUE_GREEN' } });
    await scene.call('RegisterTaskDefinition', { family: 'web', taskRoleArn: 'role/task', containerDefinitions: [{ name: 'app', image: 'two', portMappings: [{ containerPort: 8080 }] }] });
    const input = { cluster: 'prod', service: 'web', taskDefinition: 'web:2', deploymentConfiguration: { lifecycleHooks: [lambdaHook(['PRE_SCALE_UP'])] } };
    const [update, ...passed] = await permissionsOf(scene, 'UpdateService', input);
    expect(update?.context).toMatchObject({ ...cluster, 'ecs:task-definition': `${account}:task-definition/web:2` });
    expect(asked(passed)).toEqual(expected);
  });

  it('of an UpdateService that changes only counts pass no role', async () => {
    const scene = new Scene();
    await scene.create();
    expect(asked(await permissionsOf(scene, 'UpdateService', { cluster: 'prod', service: service, desiredCount: 3 }))).toEqual([`ecs:UpdateService ${service}`]);
  });

  it('ask for every operation something', async () => {
    const scene = new Scene();
    const inputs = { services: ['web'], tasks: ['x'], serviceDeploymentArns: [deployment], serviceRevisionArns: [`${account}:service-revision/prod/web/1`], service: 'web', serviceName: 'web', cluster: 'prod', taskDefinition: 'web', family: 'web', serviceDeploymentArn: deployment, resourceArn: service, task: 'x' };
    for (const operation of Object.keys(scene.ecs.operations)) expect([operation, (await permissionsOf(scene, operation, inputs)).length > 0]).toEqual([operation, true]);
  });
});
