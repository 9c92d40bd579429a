// What the roles of Slipway's stack may do beside what they did: one row per role, action and resource.
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { clientOptions, type World } from '../../rehearsal/world.ts';

export interface PermissionRow {
  /** Logical id in the template. */
  role: string;
  action: string;
  resource: string;
  /** The values that the grant insists on, if any. */
  condition: string;
  used: number;
}

export interface PermissionReport {
  grants: PermissionRow[];
  denials: string[];
}

export async function permissionsOf(world: World, stackName: string): Promise<PermissionReport> {
  const options = clientOptions(world.local.url, world.region);
  const { StackResources = [] } = await new CloudFormationClient(options).send(new DescribeStackResourcesCommand({ StackName: stackName }));
  const roles = new Map(StackResources.filter((resource) => resource.ResourceType === 'AWS::IAM::Role').map((resource) => [resource.PhysicalResourceId, resource.LogicalResourceId ?? '']));
  const conditionOf = conditionReader(new IAMClient(options));
  const { grants, denials } = world.local.cloud.ledger.report();
  const rows = grants.map(async ({ roleArn, policy, statement, action, resource, used }): Promise<PermissionRow[]> => {
    const roleName = roleArn.split('/').at(-1) ?? '';
    const role = roles.get(roleName);
    return role === undefined ? [] : [{ role, action, resource, condition: await conditionOf(roleName, policy, statement), used }];
  });
  return {
    grants: (await Promise.all(rows)).flat().sort((a, b) => a.role.localeCompare(b.role) || a.action.localeCompare(b.action)),
    denials: denials.map(({ principal, action, resource, reason, count }) => `${principal} ${action} ${resource} (${count} times) ${reason}`),
  };
}

interface Statement {
  Sid?: string;
  Condition?: Record<string, Record<string, string>>;
}

function conditionReader(iam: IAMClient): (roleName: string, policyName: string, statement: string) => Promise<string> {
  const read = new Map<string, Promise<Statement[]>>();
  const statements = async (RoleName: string, PolicyName: string): Promise<Statement[]> => {
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return (JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: Statement[] }).Statement;
  };
  return async (roleName, policyName, statement) => {
    const key = `${roleName} ${policyName}`;
    if (!read.has(key)) read.set(key, statements(roleName, policyName));
    const found = (await read.get(key))?.find((candidate, index) => (candidate.Sid ?? `statement ${index}`) === statement);
    return Object.values(found?.Condition ?? {}).flatMap((keys) => Object.values(keys)).join(' ');
  };
}

export const unused = ({ grants }: PermissionReport): PermissionRow[] => grants.filter((row) => row.used === 0);

export function asTable(rows: readonly PermissionRow[]): string {
  const cells = [['ROLE', 'ACTION', 'RESOURCE', 'ONLY FOR', 'USED'], ...rows.map(({ role, action, resource, condition, used }) => [role, action, resource, condition, used === 0 ? 'NEVER' : String(used)])];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}
