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

/** Most statements have no conditions and ask for no key: each is worked out when somebody asks for it. */
export function requestKeys(caller: Caller, permission: Permission, kernel: Pick<Kernel, 'accountId' | 'region' | 'clock'>): Keys {
  return {
    get: (key) => {
      // The request's own keys go before those of every request.
      const name = Object.keys(permission.context ?? {}).find((each) => each.toLowerCase() === key);
      const value = name === undefined ? valueOf(key, caller, kernel) : permission.context?.[name];
      return value === undefined || typeof value !== 'string' ? value : [value];
    },
  };
}

/** Of the keys that every request has; `key` in lower case. */
function valueOf(key: string, caller: Caller, kernel: Pick<Kernel, 'accountId' | 'region' | 'clock'>): string | undefined {
  switch (key) {
    case 'aws:currenttime':
      return new Date(kernel.clock.nowMs()).toISOString();
    case 'aws:epochtime':
      return String(Math.floor(kernel.clock.nowMs() / 1000));
    case 'aws:requestedregion':
      return kernel.region;
    case 'aws:resourceaccount':
      return kernel.accountId;
    case 'aws:securetransport':
      // The local doors stand for AWS's TLS endpoints: policies that insist on TLS must let their callers in.
      return 'true';
    case 'aws:principalisawsservice':
      return String(caller.kind === 'service');
    default:
      return valueOfCaller(key, caller, kernel.accountId);
  }
}

function valueOfCaller(key: string, caller: Caller, accountId: string): string | undefined {
  switch (caller.kind) {
    case 'service':
      return key === 'aws:principalservicename' ? caller.principal : key === 'aws:sourceaccount' ? accountId : key === 'aws:sourcearn' ? caller.sourceArn : undefined;
    case 'role':
      if (key === 'aws:userid') return `AROALOCAL:${caller.sessionName}`;
      return key === 'aws:principalarn' ? caller.roleArn : key === 'aws:principalaccount' ? accountId : key === 'aws:principaltype' ? 'AssumedRole' : undefined;
    case 'operator':
      if (key === 'aws:username') return caller.arn.split('/').at(-1);
      return key === 'aws:principalarn' ? caller.arn : key === 'aws:principalaccount' ? accountId : key === 'aws:principaltype' ? 'User' : undefined;
  }
}

export const describeCaller = (caller: Caller): string => (caller.kind === 'service' ? caller.principal : caller.arn);

/** Does the caller hold `*` on everything by itself? The operator stands for an administrator. */
export const isAdministrator = (caller: Caller): boolean => caller.kind === 'operator';
