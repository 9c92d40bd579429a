// Access keys: the operator's well-known one, and the temporary keys of role sessions.
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { base64urlId } from '../kernel/random.ts';
import type { Caller } from '../kernel/service.ts';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}

interface Session {
  key: AccessKey;
  caller: Caller;
}

/** What a person at this machine puts into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Not a secret: the doors are loopback only. */
export const OPERATOR_KEY = { accessKeyId: 'local', secretAccessKey: 'local' };

const HOUR_MS = 3_600_000;

export class Credentials {
  private readonly kernel: Pick<Kernel, 'clock' | 'random' | 'accountId'>;
  private readonly sessions = new Map<string, Session>();
  private readonly operator: Caller;

  constructor(kernel: Pick<Kernel, 'clock' | 'random' | 'accountId'>) {
    this.kernel = kernel;
    this.operator = { kind: 'operator', arn: `arn:aws:iam::${kernel.accountId}:user/operator` };
  }

  issue(caller: Caller, lifetimeMs = HOUR_MS): AccessKey {
    this.forgetExpired();
    const { random, clock } = this.kernel;
    const key = {
      accessKeyId: `ASIA${base64urlId(random, 16).toUpperCase().replaceAll(/[-_]/g, 'Q')}`,
      secretAccessKey: base64urlId(random, 40),
      sessionToken: base64urlId(random, 120),
      expiration: new Date(clock.nowMs() + lifetimeMs),
    };
    this.sessions.set(key.accessKeyId, { key, caller });
    return key;
  }

  operatorCaller(): Caller {
    return this.operator;
  }

  /** Whose key that is, and the secret to check a signature with. Throws what AWS answers for a key that is not (or no longer) good. */
  find(accessKeyId: string, sessionToken: string | undefined): { caller: Caller; secretAccessKey: string } {
    if (accessKeyId === OPERATOR_KEY.accessKeyId) return { caller: this.operator, secretAccessKey: OPERATOR_KEY.secretAccessKey };
    const session = this.sessions.get(accessKeyId);
    if (!session || session.key.sessionToken !== sessionToken) {
      const known = `The local cloud knows the access key "${OPERATOR_KEY.accessKeyId}" (secret "${OPERATOR_KEY.secretAccessKey}") and the keys of role sessions that it issued itself.`;
      throw new AwsError('UnrecognizedClientException', `The security token included in the request is invalid. ${known}`);
    }
    if (session.key.expiration.getTime() <= this.kernel.clock.nowMs()) throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
    return { caller: session.caller, secretAccessKey: session.key.secretAccessKey };
  }

  /** Sessions are many (one per invocation of some services) and short: those long expired need no exact refusal any more. */
  private forgetExpired(): void {
    if (this.sessions.size < 2_000) return;
    const nowMs = this.kernel.clock.nowMs();
    for (const [accessKeyId, { key }] of this.sessions) if (key.expiration.getTime() <= nowMs) this.sessions.delete(accessKeyId);
  }
}
