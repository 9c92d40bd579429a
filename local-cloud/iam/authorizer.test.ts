// Who may do what: identity and resource policies together, roles, service principals, keys, and the account book.
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { CreateRoleCommand, GetRoleCommand, IAMClient, NoSuchEntityException, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { Caller, Permission, PolicyDocument, PolicyStatement } from '../kernel/service.ts';
import { inProcessRequestHandler } from '../wire/index.ts';
import { operatorAt, tinyCloud } from '../wire/testing.ts';
import { roleSession } from './index.ts';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;
const OPERATOR: Caller = { kind: 'operator', arn: `arn:aws:iam::${ACCOUNT}:user/operator` };
const worker = roleSession(ACCOUNT, ROLE, 'run-1');
const service = (principal: string, sourceArn?: string): Caller => ({ kind: 'service', principal, sourceArn });
const TRUST_LAMBDA = trust({ Principal: { Service: 'lambda.amazonaws.com' } });

function trust(statement: Partial<PolicyStatement>): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement }] });
}

/** A cloud with the role `worker`, its one inline policy, and resource policies by ARN. */
async function world({ identity = [], resources = {}, trustPolicy = TRUST_LAMBDA }: { identity?: PolicyStatement[]; resources?: Record<string, PolicyDocument>; trustPolicy?: string } = {}) {
  const cloud = tinyCloud();
  const { kernel } = cloud;
  for (const signingName of ['sqs', 'kms', 'ecs', 'lambda']) kernel.register({ signingName, operations: {}, resourcePolicy: (arn) => resources[arn] });
  await kernel.call(OPERATOR, 'iam', 'CreateRole', { RoleName: 'worker', AssumeRolePolicyDocument: trustPolicy });
  if (identity.length > 0) await kernel.call(OPERATOR, 'iam', 'PutRolePolicy', { RoleName: 'worker', PolicyName: 'work', PolicyDocument: JSON.stringify({ Statement: identity }) });
  const allowed = (caller: Caller, permission: Permission) => {
    try {
      kernel.authorize(caller, [permission]);
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { ...cloud, allowed };
}

const QUEUE = `arn:aws:sqs:eu-west-1:${ACCOUNT}:jobs`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/k`;
const send: Permission = { action: 'sqs:SendMessage', resource: QUEUE };
const decrypt: Permission = { action: 'kms:Decrypt', resource: KEY };
const allow = (Action: string, Resource: string): PolicyStatement => ({ Effect: 'Allow', Action, Resource });
const policy = (...Statement: PolicyStatement[]): PolicyDocument => ({ Statement });
const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };

const no = (action: string, resource: string, reason: string) => `User: ${worker.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;

test.each<{ name: string; identity?: PolicyStatement[]; resources?: Record<string, PolicyDocument>; caller?: Caller; ask?: Permission; answer: true | string }>([
  { name: 'a role without policies may nothing', answer: no('sqs:SendMessage', QUEUE, 'because no identity-based policy allows the sqs:SendMessage action') },
  { name: 'an identity policy alone suffices', identity: [allow('sqs:SendMessage', QUEUE)], answer: true },
  { name: 'a resource policy that names the role alone suffices', resources: { [QUEUE]: policy({ ...allow('sqs:*', '*'), Principal: { AWS: ROLE } }) }, answer: true },
  { name: 'a resource policy that names the session suffices', resources: { [QUEUE]: policy({ ...allow('sqs:*', '*'), Principal: { AWS: worker.arn } }) }, answer: true },
  {
    name: 'a resource policy that names only the account leaves it to the role',
    resources: { [QUEUE]: policy({ ...allow('sqs:*', '*'), Principal: root }) },
    answer: no('sqs:SendMessage', QUEUE, 'because no identity-based policy allows the sqs:SendMessage action'),
  },
  {
    name: 'an explicit deny in the identity policy wins over its allow',
    identity: [allow('*', '*'), { Effect: 'Deny', Action: 'sqs:Send*', Resource: '*' }],
    answer: no('sqs:SendMessage', QUEUE, 'with an explicit deny in an identity-based policy'),
  },
  {
    name: 'an explicit deny in the resource policy wins over an identity allow',
    identity: [allow('*', '*')],
    resources: { [QUEUE]: policy({ Effect: 'Deny', Action: 'sqs:*', Resource: '*', NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:role/other` } }) },
    answer: no('sqs:SendMessage', QUEUE, 'with an explicit deny in a resource-based policy'),
  },
  {
    name: 'a service principal needs the resource policy',
    caller: service('events.amazonaws.com'),
    answer: `Service: events.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: ${QUEUE} because no resource-based policy allows the sqs:SendMessage action`,
  },
  {
    name: 'a service principal is allowed for the source that the condition names',
    caller: service('events.amazonaws.com', 'arn:aws:events:eu-west-1:1:rule/r'),
    resources: { [QUEUE]: policy({ ...allow('sqs:SendMessage', QUEUE), Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:eu-west-1:1:rule/r' } } }) },
    answer: true,
  },
  {
    name: 'a service principal is refused for another source',
    caller: service('events.amazonaws.com', 'arn:aws:events:eu-west-1:1:rule/other'),
    resources: { [QUEUE]: policy({ ...allow('sqs:SendMessage', QUEUE), Principal: { Service: 'events.amazonaws.com' }, Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:eu-west-1:1:rule/r' } } }) },
    answer: `Service: events.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: ${QUEUE} because no resource-based policy allows the sqs:SendMessage action`,
  },
  {
    name: 'a key is closed to an identity allow that its policy does not delegate to',
    identity: [allow('kms:*', '*')],
    resources: { [KEY]: policy({ ...allow('kms:*', '*'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/other` } }) },
    ask: decrypt,
    answer: no('kms:Decrypt', KEY, 'because no resource-based policy allows the kms:Decrypt action'),
  },
  { name: 'a key that delegates to the account opens with an identity allow', identity: [allow('kms:Decrypt', KEY)], resources: { [KEY]: policy({ ...allow('kms:*', '*'), Principal: root }) }, ask: decrypt, answer: true },
  {
    name: 'a key that delegates to the account stays closed without an identity allow',
    resources: { [KEY]: policy({ ...allow('kms:*', '*'), Principal: root }) },
    ask: decrypt,
    answer: no('kms:Decrypt', KEY, 'because no identity-based policy allows the kms:Decrypt action'),
  },
  { name: 'the operator may everything that no resource denies', caller: OPERATOR, answer: true },
  {
    name: 'passing a role needs the service it is passed to',
    identity: [{ ...allow('iam:PassRole', ROLE), Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } }],
    ask: { action: 'iam:PassRole', resource: ROLE, context: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    answer: no('iam:PassRole', ROLE, 'because no identity-based policy allows the iam:PassRole action'),
  },
  { name: 'a policy may speak of the caller itself', identity: [allow('iam:GetRole', '${aws:PrincipalArn}')], ask: { action: 'iam:GetRole', resource: ROLE }, answer: true },
])('$name', async ({ identity, resources, caller = worker, ask = send, answer }) => {
  const { allowed } = await world({ identity, resources });
  expect(allowed(caller, ask)).toEqual(answer);
});

test('changing or removing a policy takes effect at once', async () => {
  const { kernel, allowed } = await world({ identity: [allow('sqs:*', '*')] });
  expect(allowed(worker, send)).toBe(true);
  await kernel.call(OPERATOR, 'iam', 'DeleteRolePolicy', { RoleName: 'worker', PolicyName: 'work' });
  expect(allowed(worker, send)).toContain('not authorized');
});

describe('becoming a role', () => {
  test.each([
    { name: 'a trusted service may', trustPolicy: TRUST_LAMBDA, principal: 'lambda.amazonaws.com', ok: true },
    { name: 'another service may not', trustPolicy: TRUST_LAMBDA, principal: 'ecs.amazonaws.com', ok: false },
  ])('$name', async ({ trustPolicy, principal, ok }) => {
    const { kernel } = await world({ trustPolicy });
    const assume = () => kernel.assumeRole(ROLE, principal, 's');
    if (ok) expect(assume()).toEqual({ kind: 'role', arn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/s`, roleArn: ROLE, sessionName: 's' });
    else expect(assume).toThrow('is not authorized to perform: sts:AssumeRole');
  });

  test('gives keys that work until they expire, and only with their token', async () => {
    const cloud = await world({ trustPolicy: trust({ Principal: root }), identity: [allow('iam:GetRole', ROLE)] });
    const settings = { ...operatorAt('http://local.test'), requestHandler: inProcessRequestHandler(cloud.dispatch) as never };
    const { Credentials: keys } = await new STSClient(settings).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'me', DurationSeconds: 900 }));
    const credentials = { accessKeyId: keys!.AccessKeyId!, secretAccessKey: keys!.SecretAccessKey!, sessionToken: keys!.SessionToken };
    const asRole = new IAMClient({ ...settings, credentials });
    expect((await asRole.send(new GetRoleCommand({ RoleName: 'worker' }))).Role?.Arn).toBe(ROLE);
    await expect(asRole.send(new GetRoleCommand({ RoleName: 'other' }))).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    const withoutToken = new IAMClient({ ...settings, credentials: { ...credentials, sessionToken: undefined } });
    await expect(withoutToken.send(new GetRoleCommand({ RoleName: 'worker' }))).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await cloud.clock.advance(900_000);
    await expect(asRole.send(new GetRoleCommand({ RoleName: 'worker' }))).rejects.toMatchObject({ name: 'ExpiredToken' });
  });
});

describe('the IAM API', () => {
  const client = (cloud: { dispatch: Parameters<typeof inProcessRequestHandler>[0] }) => new IAMClient({ ...operatorAt('http://local.test'), requestHandler: inProcessRequestHandler(cloud.dispatch) as never });

  test('keeps a role with its trust policy, percent-encoded in answers, and its tags', async () => {
    const cloud = tinyCloud();
    await client(cloud).send(new CreateRoleCommand({ RoleName: 'r', Path: '/team/', AssumeRolePolicyDocument: TRUST_LAMBDA, Tags: [{ Key: 'team', Value: 'a' }] }));
    const { Role } = await client(cloud).send(new GetRoleCommand({ RoleName: 'r' }));
    expect(Role).toMatchObject({ Arn: `arn:aws:iam::${ACCOUNT}:role/team/r`, Tags: [{ Key: 'team', Value: 'a' }], CreateDate: new Date('2026-01-15T12:00:00Z') });
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(TRUST_LAMBDA);
  });

  test('says which role is missing', async () => {
    const refusal = client(tinyCloud()).send(new GetRoleCommand({ RoleName: 'ghost' }));
    await expect(refusal).rejects.toBeInstanceOf(NoSuchEntityException);
    await expect(refusal).rejects.toThrow('The role with name ghost cannot be found.');
  });

  test.each([
    ['a trust policy with a resource', 'CreateRole', { RoleName: 'n', AssumeRolePolicyDocument: trust({ Principal: root, Resource: '*' }) }, 'MalformedPolicyDocumentException'],
    ['a trust policy for nobody', 'CreateRole', { RoleName: 'n', AssumeRolePolicyDocument: trust({}) }, 'MalformedPolicyDocumentException'],
    ['a role that exists', 'CreateRole', { RoleName: 'worker', AssumeRolePolicyDocument: TRUST_LAMBDA }, 'EntityAlreadyExistsException'],
    ['an identity policy with a principal', 'PutRolePolicy', { RoleName: 'worker', PolicyName: 'p', PolicyDocument: JSON.stringify(policy({ ...allow('a:b', '*'), Principal: '*' })) }, 'MalformedPolicyDocumentException'],
    ['a policy that is no JSON', 'PutRolePolicy', { RoleName: 'worker', PolicyName: 'p', PolicyDocument: '{' }, 'MalformedPolicyDocumentException'],
    ['an AWS managed policy it does not know', 'AttachRolePolicy', { RoleName: 'worker', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }, 'NotImplemented'],
    ['deleting a role that still holds policies', 'DeleteRole', { RoleName: 'worker' }, 'DeleteConflictException'],
  ])('refuses %s', async (_name, operation, input, code) => {
    const { kernel } = await world({ identity: [allow('a:b', '*')] });
    await expect(kernel.call(OPERATOR, 'iam', operation, input)).rejects.toMatchObject({ code });
  });

  test('a new default version of a managed policy changes what its holders may do', async () => {
    const { kernel, allowed } = await world();
    const iam = (operation: string, input: object) => kernel.call(OPERATOR, 'iam', operation, input);
    const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/queue`;
    const document = (action: string) => JSON.stringify(policy(allow(action, '*')));
    await iam('CreatePolicy', { PolicyName: 'queue', PolicyDocument: document('sqs:PurgeQueue') });
    await iam('AttachRolePolicy', { RoleName: 'worker', PolicyArn });
    expect(allowed(worker, send)).not.toBe(true);
    await iam('CreatePolicyVersion', { PolicyArn, PolicyDocument: document('sqs:SendMessage') });
    expect(allowed(worker, send)).not.toBe(true);
    await iam('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v2' });
    expect(allowed(worker, send)).toBe(true);
    await iam('DeletePolicyVersion', { PolicyArn, VersionId: 'v1' });
    expect(await iam('GetPolicyVersion', { PolicyArn, VersionId: 'v2' })).toMatchObject({ PolicyVersion: { IsDefaultVersion: true, Document: encodeURIComponent(document('sqs:SendMessage')) } });
    await expect(iam('DeletePolicyVersion', { PolicyArn, VersionId: 'v2' })).rejects.toMatchObject({ code: 'DeleteConflictException' });
    await expect(iam('DeletePolicy', { PolicyArn })).rejects.toMatchObject({ code: 'DeleteConflictException' });
  });

  test('an attached AWS managed policy grants what AWS says it grants', async () => {
    const { kernel, allowed } = await world();
    await kernel.call(OPERATOR, 'iam', 'AttachRolePolicy', { RoleName: 'worker', PolicyArn: 'arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers' });
    expect(allowed(worker, { action: 'elasticloadbalancing:ModifyRule', resource: `arn:aws:elasticloadbalancing:eu-west-1:${ACCOUNT}:listener-rule/app/lb/1/2/3` })).toBe(true);
    expect(allowed(worker, { action: 'elasticloadbalancing:DeleteRule', resource: '*' })).not.toBe(true);
  });
});

describe('the ledger', () => {
  test('tells used grants from unused ones, and counts a wildcard by what it allowed', async () => {
    const { kernel, allowed } = await world({ identity: [{ Sid: 'Queue', Effect: 'Allow', Action: ['sqs:Send*', 'sqs:PurgeQueue'], Resource: QUEUE }] });
    allowed(worker, send);
    allowed(worker, send);
    allowed(worker, { action: 'sqs:SendMessageBatch', resource: QUEUE });
    expect(kernel.ledger.report().grants).toEqual([
      { roleArn: ROLE, policy: 'work', statement: 'Queue', action: 'sqs:PurgeQueue', resource: QUEUE, used: 0, usedActions: {} },
      { roleArn: ROLE, policy: 'work', statement: 'Queue', action: 'sqs:Send*', resource: QUEUE, used: 3, usedActions: { 'sqs:SendMessage': 2, 'sqs:SendMessageBatch': 1 } },
    ]);
  });

  test('counts every denial with its reason', async () => {
    const { kernel, allowed } = await world();
    allowed(worker, send);
    allowed(worker, send);
    expect(kernel.ledger.report().denials).toEqual([
      { principal: worker.arn, action: 'sqs:SendMessage', resource: QUEUE, reason: 'because no identity-based policy allows the sqs:SendMessage action', count: 2 },
    ]);
  });

  test('is filled by calls over the wire as well', async () => {
    const cloud = await world({ trustPolicy: trust({ Principal: root }) });
    const settings = { ...operatorAt('http://local.test'), requestHandler: inProcessRequestHandler(cloud.dispatch) as never };
    const iam = new IAMClient(settings);
    await iam.send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'p', PolicyDocument: JSON.stringify(policy(allow('iam:GetRole', ROLE))) }));
    const { accessKeyId, secretAccessKey, sessionToken } = cloud.kernel.credentials.issue(worker);
    await new IAMClient({ ...settings, credentials: { accessKeyId, secretAccessKey, sessionToken } }).send(new GetRoleCommand({ RoleName: 'worker' }));
    expect(cloud.kernel.ledger.report().grants).toMatchObject([{ action: 'iam:GetRole', used: 1 }]);
  });
});
