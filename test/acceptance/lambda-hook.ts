// A lifecycle hook of the service's own team: a Lambda function that ECS calls, with a role to call it by.
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { DeploymentLifecycleHook } from '@aws-sdk/client-ecs';
import { strToU8, zipSync } from 'fflate';
import { clientOptions, type World } from '../../rehearsal/world.ts';
import { eventually } from './quick-world.ts';

const CODE = `exports.handler = async () => ({ hookStatus: 'SUCCEEDED' });`;

export async function createLambdaHook(world: World): Promise<DeploymentLifecycleHook> {
  const options = clientOptions(world.local.url, world.region);
  const iam = new IAMClient(options);
  const lambda = new LambdaClient(options);
  const role = async (RoleName: string, service: string) => {
    const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }] };
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
    return Role?.Arn ?? '';
  };
  const FunctionName = 'team-smoke-test';
  const Role = await role('team-smoke-test', 'lambda.amazonaws.com');
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'team-smoke-test', PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole' }));
  await lambda.send(
    new CreateFunctionCommand({ FunctionName, Role, Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile: zipSync({ 'index.js': strToU8(CODE) }) } }),
  );
  const { Configuration } = await eventually('the function to be active', async () => {
    const found = await lambda.send(new GetFunctionCommand({ FunctionName }));
    return found.Configuration?.State === 'Active' ? found : undefined;
  });
  const roleArn = await role('team-smoke-test-caller', 'ecs.amazonaws.com');
  const mayInvoke = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: Configuration?.FunctionArn }] };
  await iam.send(new PutRolePolicyCommand({ RoleName: 'team-smoke-test-caller', PolicyName: 'invoke', PolicyDocument: JSON.stringify(mayInvoke) }));
  return { targetType: 'AWS_LAMBDA', hookTargetArn: Configuration?.FunctionArn, roleArn, lifecycleStages: ['POST_SCALE_UP'] };
}
