// AWS STS: who am I, and becoming a role.
import type { AssumeRoleCommandInput, AssumeRoleCommandOutput, GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput } from '@aws-sdk/client-sts';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Answer, Caller, Operation, ServiceModel } from '../kernel/service.ts';
import type { Credentials } from './credentials.ts';
import type { Identities } from './identities.ts';
import { describeCaller } from './principals.ts';

type RoleCaller = Extract<Caller, { kind: 'role' }>;

const SESSION_SECONDS = 3600;
const SHORTEST_SESSION_SECONDS = 900;

export const roleSession = (accountId: string, roleArn: string, sessionName: string): RoleCaller => ({
  kind: 'role',
  arn: `arn:aws:sts::${accountId}:assumed-role/${roleArn.split('/').at(-1) ?? ''}/${sessionName}`,
  roleArn,
  sessionName,
});

export class StsModel implements ServiceModel {
  readonly signingName = 'sts';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly ports: { identities: Identities; credentials: Credentials };

  constructor(kernel: Kernel, ports: { identities: Identities; credentials: Credentials }) {
    this.kernel = kernel;
    this.ports = ports;
    const getCallerIdentity: Operation<GetCallerIdentityCommandInput, Answer<GetCallerIdentityCommandOutput>> = {
      permissions: () => [], // always allowed: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
      handle: (_input, { caller }) => ({ Account: kernel.accountId, Arn: describeCaller(caller), UserId: this.userId(caller) }),
    };
    const assumeRole: Operation<AssumeRoleCommandInput, Answer<AssumeRoleCommandOutput>> = {
      permissions: ({ RoleArn = '', RoleSessionName = '', ExternalId }) => [
        {
          action: 'sts:AssumeRole',
          resource: RoleArn,
          context: { 'sts:RoleSessionName': RoleSessionName, ...(ExternalId === undefined ? {} : { 'sts:ExternalId': ExternalId }) },
        },
      ],
      handle: (input) => this.assumeRole(input),
    };
    this.operations = { GetCallerIdentity: getCallerIdentity, AssumeRole: assumeRole };
  }

  private assumeRole(input: AssumeRoleCommandInput): Answer<AssumeRoleCommandOutput> {
    refuseUnknown('AssumeRole', input, ['RoleArn', 'RoleSessionName', 'DurationSeconds', 'ExternalId']);
    const { RoleArn = '', RoleSessionName = '', DurationSeconds = SESSION_SECONDS } = input;
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) {
      throw new AwsError('ValidationError', `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`);
    }
    const role = this.ports.identities.roleByArn(RoleArn);
    if (!role) throw new AwsError('AccessDenied', `Not authorized to perform sts:AssumeRole on ${RoleArn}`, { httpStatus: 403 });
    if (DurationSeconds < SHORTEST_SESSION_SECONDS || DurationSeconds > role.maxSessionDurationSeconds) {
      throw new AwsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
    }
    const session = roleSession(this.kernel.accountId, RoleArn, RoleSessionName);
    const key = this.ports.credentials.issue(session, DurationSeconds * 1000);
    return {
      AssumedRoleUser: { Arn: session.arn, AssumedRoleId: `${role.roleId}:${RoleSessionName}` },
      Credentials: { AccessKeyId: key.accessKeyId, SecretAccessKey: key.secretAccessKey, SessionToken: key.sessionToken, Expiration: key.expiration },
    };
  }

  private userId(caller: Caller): string {
    switch (caller.kind) {
      case 'operator':
        return 'AIDALOCALOPERATOR0000';
      case 'role':
        return `${this.ports.identities.roleByArn(caller.roleArn)?.roleId ?? 'AROALOCAL'}:${caller.sessionName}`;
      case 'service':
        return caller.principal;
    }
  }
}
