// Faults of AWS, ordered one by one.
import type { ApiCall, Intercept } from '../../local-cloud/cloud-kernel.ts';
import { AwsError } from '../../local-cloud/kernel/errors.ts';

interface Fault {
  hits: (call: ApiCall) => boolean;
  meet: (proceed: () => Promise<unknown>) => Promise<unknown>;
  once: boolean;
}

export class Faults {
  private readonly armed: Fault[] = [];

  readonly intercept: Intercept = async (call, proceed) => {
    const index = this.armed.findIndex((candidate) => candidate.hits(call));
    const fault = this.armed[index];
    if (!fault) return proceed();
    if (fault.once) this.armed.splice(index, 1);
    return fault.meet(proceed);
  };

  /** The next call happens, and `then` runs before its caller hears of it. Resolves when it has. */
  afterNext(role: string, operation: string, then: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.armed.push({
        once: true,
        hits: (call) => call.operation === operation && isRole(call, role),
        meet: async (proceed) => {
          const answer = await proceed();
          then();
          resolve();
          return answer;
        },
      });
    });
  }

  /** The next write of this role to DynamoDB is refused, as one is that no retry can help. */
  refuseNextWrite(role: string, about: string): void {
    this.armed.push({ once: true, hits: (call) => call.operation === 'PutItem' && isRole(call, role) && mentions(call, about), meet: refused });
  }

  /** Whoever looks for a record that mentions this fails, however often it is tried. */
  poison(word: string): void {
    this.armed.push({ once: false, hits: (call) => call.signingName === 'dynamodb' && mentions(call, word), meet: refused });
  }
}

const isRole = ({ caller }: ApiCall, role: string): boolean => caller.kind === 'role' && caller.roleArn.includes(`${role}Role`);
const mentions = ({ input }: ApiCall, word: string): boolean => JSON.stringify(input).includes(word);
const refused = (): Promise<never> => Promise.reject(new AwsError('ValidationException', 'One or more parameter values were invalid'));
