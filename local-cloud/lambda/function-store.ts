// The functions of the account, and how operations find them and name their permissions.
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Permission } from '../kernel/service.ts';
import type { FunctionRecord } from './function-record.ts';
import { functionArnOf, parseFunctionName, refuseQualifier } from './names.ts';

export class FunctionStore {
  readonly kernel: Kernel;
  readonly functions = new Map<string, FunctionRecord>();
  private readonly onChange: (name: string) => void;

  /** `onChange` hears of every function whose environments became stale. */
  constructor(kernel: Kernel, onChange: (name: string) => void) {
    this.kernel = kernel;
    this.onChange = onChange;
  }

  get(given: string | undefined, qualifier?: string): FunctionRecord {
    const parsed = parseFunctionName(given ?? '');
    refuseQualifier(qualifier ?? parsed.qualifier);
    const record = this.functions.get(parsed.name);
    if (!record) throw notFound(`Function not found: ${functionArnOf(this.kernel, parsed.name)}`);
    return record;
  }

  /** Permission on a function, whether it exists or not: IAM answers before Lambda does. */
  permission(action: string, given: string | undefined, context?: Permission['context']): Permission {
    return { action: `lambda:${action}`, resource: functionArnOf(this.kernel, parseFunctionName(given ?? '').name), ...(context ? { context } : {}) };
  }

  changed(record: FunctionRecord): void {
    record.revision += 1;
    record.revisionId = uuid(this.kernel.random);
    record.lastModifiedMs = this.kernel.clock.nowMs();
    this.onChange(record.name);
  }

  remove(record: FunctionRecord): void {
    this.functions.delete(record.name);
    this.onChange(record.name);
  }
}

export const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, { httpStatus: 404, members: { Type: 'User' } });

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterValueException', message, { httpStatus: 400, members: { Type: 'User' } });

export const conflict = (message: string): AwsError => new AwsError('ResourceConflictException', message, { httpStatus: 409, members: { Type: 'User' } });
