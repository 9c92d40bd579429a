// Who a caller is in the eyes of policies: the condition keys every request carries, and whether a `Principal` means it.
import type { Kernel } from '../kernel/kernel.ts';
import type { Caller, Permission } from '../kernel/service.ts';
import type { Keys } from './pattern.ts';
import type { PrincipalPattern, Statement } from './policy.ts';

/** `direct` names the caller itself; `delegated` names its account, which leaves the decision to the caller's own policies. */
export type PrincipalMatch = 'direct' | 'delegated' | 'none';

export function matchPrincipal({ principals }: Statement, caller: Caller, accountId: string): PrincipalMatch {
  if (!principals) return 'none';
  const matches = principals.patterns.map((each) => matchOne(each, caller, accountId));
  if (principals.negated) return matches.every((match) => match === 'none') ? 'direct' : 'none';
  return matches.includes('direct') ? 'direct' : matches.includes('delegated') ? 'delegated' : 'none';
}

function matchOne({ type, pattern }: PrincipalPattern, caller: Caller, accountId: string): PrincipalMatch {
  if (pattern === '*' && (type === '*' || type === 'AWS')) return 'direct';
  if (type === 'Service') return caller.kind === 'service' && caller.principal === pattern ? 'direct' : 'none';
  if (type !== 'AWS' || caller.kind === 'service') return 'none';
  if (pattern === accountId || pattern === `arn:aws:iam::${accountId}:root`) return 'delegated';
  return pattern === caller.arn || (caller.kind === 'role' && pattern === caller.roleArn) ? 'direct' : 'none';
}

/** Most statements have no conditions and ask for no key: the keys are put together when somebody asks for one. */
export function requestKeys(caller: Caller, permission: Permission, kernel: Pick<Kernel, 'accountId' | 'region' | 'clock'>): Keys {
  let keys: Keys | undefined;
  return { get: (key) => (keys ??= allKeys(caller, permission, kernel)).get(key) };
}

function allKeys(caller: Caller, permission: Permission, kernel: Pick<Kernel, 'accountId' | 'region' | 'clock'>): Keys {
  const keys = new Map<string, readonly string[]>();
  const set = (key: string, value: string | string[] | undefined) => {
    if (value !== undefined) keys.set(key.toLowerCase(), Array.isArray(value) ? value : [value]);
  };
  const nowMs = kernel.clock.nowMs();
  set('aws:CurrentTime', new Date(nowMs).toISOString());
  set('aws:EpochTime', String(Math.floor(nowMs / 1000)));
  set('aws:RequestedRegion', kernel.region);
  set('aws:ResourceAccount', kernel.accountId);
  // The local doors stand for AWS's TLS endpoints: policies that insist on TLS must let their callers in.
  set('aws:SecureTransport', 'true');
  switch (caller.kind) {
    case 'service':
      set('aws:PrincipalIsAWSService', 'true');
      set('aws:PrincipalServiceName', caller.principal);
      set('aws:SourceAccount', kernel.accountId);
      set('aws:SourceArn', caller.sourceArn);
      break;
    case 'role':
      set('aws:PrincipalArn', caller.roleArn);
      set('aws:PrincipalAccount', kernel.accountId);
      set('aws:PrincipalType', 'AssumedRole');
      set('aws:PrincipalIsAWSService', 'false');
      set('aws:userid', `AROALOCAL:${caller.sessionName}`);
      break;
    case 'operator':
      set('aws:PrincipalArn', caller.arn);
      set('aws:PrincipalAccount', kernel.accountId);
      set('aws:PrincipalType', 'User');
      set('aws:PrincipalIsAWSService', 'false');
      set('aws:username', caller.arn.split('/').at(-1));
      break;
  }
  for (const [key, value] of Object.entries(permission.context ?? {})) set(key, value);
  return keys;
}

export const describeCaller = (caller: Caller): string => (caller.kind === 'service' ? caller.principal : caller.arn);

/** Does the caller hold `*` on everything by itself? The operator stands for an administrator. */
export const isAdministrator = (caller: Caller): boolean => caller.kind === 'operator';
