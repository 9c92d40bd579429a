// Systems Manager's Parameter Store: String, StringList and SecureString parameters with versions. Everything else of Systems
// Manager, and labels, policies and advanced tiers, is not modelled. A SecureString under a customer managed key needs kms rights.
// https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
import type * as Ssm from '@aws-sdk/client-ssm';
import { AwsError, NotModelled, refuseUnknown } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Answer, Caller, Operation, Permission, ServiceModel } from '../kernel/service.ts';

interface Version {
  value: string;
  changedAtMs: number;
}

interface Parameter {
  name: string;
  arn: string;
  type: Ssm.ParameterType;
  dataType: string;
  description: string | undefined;
  allowedPattern: string | undefined;
  kmsKeyId: string | undefined;
  kmsKeyArn: string | undefined;
  tags: Ssm.Tag[];
  versions: Version[]; // version 1 first
  changedBy: string;
}

const STANDARD_BYTES_MAX = 4096;

export class SsmModel implements ServiceModel {
  readonly signingName = 'ssm';
  readonly operations: Readonly<Record<string, Operation>>;
  private readonly kernel: Kernel;
  private readonly parameters = new Map<string, Parameter>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.operations = this.makeOperations();
  }

  /** `NAME`, `NAME:VERSION`, or an ARN of either. */
  private select(reference: string): { parameter: Parameter; version: number } | undefined {
    const plain = /^arn:aws:ssm:[^:]+:\d+:parameter(\/.+)$/.exec(reference)?.[1] ?? reference;
    const [name = '', selector] = plain.split(':');
    const parameter = this.parameters.get(name) ?? this.parameters.get(name.replace(/^\//, ''));
    if (!parameter) return undefined;
    const version = selector === undefined ? parameter.versions.length : Number(selector);
    if (Number.isNaN(version)) throw new NotModelled(`parameter labels (${reference})`);
    return parameter.versions[version - 1] ? { parameter, version } : undefined;
  }

  private arn(name: string | undefined): string {
    if (name?.startsWith('arn:')) return name;
    const [plain = ''] = (name ?? '').split(':');
    return arnOf(this.kernel, 'ssm', `parameter${plain.startsWith('/') ? '' : '/'}${plain}`);
  }

  private on(action: string, name: string | undefined): Permission {
    return { action: `ssm:${action}`, resource: this.arn(name) };
  }

  private keyUse(parameter: Pick<Parameter, 'kmsKeyArn' | 'arn'> | undefined, action: string): Permission[] {
    if (parameter?.kmsKeyArn === undefined) return [];
    const context = {
      'kms:ViaService': `ssm.${this.kernel.region}.amazonaws.com`,
      'kms:CallerAccount': this.kernel.accountId,
      'kms:EncryptionContext:PARAMETER_ARN': parameter.arn,
    };
    return [{ action: `kms:${action}`, resource: parameter.kmsKeyArn, context }];
  }

  private decryption(names: string[], decrypts: boolean | undefined): Permission[] {
    if (!decrypts) return [];
    return names.flatMap((name) => this.keyUse(this.select(name)?.parameter, 'Decrypt'));
  }

  private shape({ parameter, version }: { parameter: Parameter; version: number }, decrypts: boolean | undefined): Ssm.Parameter {
    const stored = parameter.versions[version - 1];
    const hidden = parameter.type === 'SecureString' && !decrypts;
    return {
      Name: parameter.name,
      Type: parameter.type,
      Value: hidden ? Buffer.from(`encrypted:${parameter.arn}:${version}`).toString('base64') : stored?.value,
      Version: version,
      LastModifiedDate: new Date(stored?.changedAtMs ?? 0),
      ARN: parameter.arn,
      DataType: parameter.dataType,
    };
  }

  private async keyArn(caller: Caller, input: Ssm.PutParameterCommandInput): Promise<string | undefined> {
    if (input.KeyId === undefined || input.KeyId === 'alias/aws/ssm') return undefined;
    const answer = (await this.kernel.call(caller, 'kms', 'DescribeKey', { KeyId: input.KeyId })) as { KeyMetadata?: { Arn?: string } };
    return answer.KeyMetadata?.Arn;
  }

  private makeOperations() {
    const PutParameter: Operation<Ssm.PutParameterCommandInput, Answer<Ssm.PutParameterCommandOutput>> = {
      permissions: (input) => [
        this.on('PutParameter', input.Name),
        ...(input.Tags?.length ? [this.on('AddTagsToResource', input.Name)] : []),
      ],
      handle: async (input, { caller }) => {
        refuseUnknown('PutParameter', input, ['Name', 'Description', 'Value', 'Type', 'KeyId', 'Overwrite', 'AllowedPattern', 'Tags', 'Tier', 'DataType']);
        if (input.Tier !== undefined && input.Tier !== 'Standard') throw new NotModelled(`PutParameter: the tier ${input.Tier}`);
        const name = input.Name ?? '';
        const value = input.Value ?? '';
        const known = this.parameters.get(name);
        checkPut(input, name, value, known);
        const kmsKeyArn = input.KeyId === undefined ? known?.kmsKeyArn : await this.keyArn(caller, input);
        const arn = this.arn(name);
        const type = input.Type ?? known?.type ?? 'String';
        if (type === 'SecureString') this.kernel.authorize(caller, this.keyUse({ arn, kmsKeyArn }, 'Encrypt'));
        const parameter: Parameter = {
          name,
          arn,
          type,
          dataType: input.DataType ?? known?.dataType ?? 'text',
          description: input.Description ?? known?.description,
          allowedPattern: input.AllowedPattern ?? known?.allowedPattern,
          kmsKeyId: type === 'SecureString' ? (input.KeyId ?? known?.kmsKeyId ?? 'alias/aws/ssm') : undefined,
          kmsKeyArn,
          tags: input.Tags ?? known?.tags ?? [],
          versions: [...(known?.versions ?? []), { value, changedAtMs: this.kernel.clock.nowMs() }],
          changedBy: caller.kind === 'service' ? caller.principal : caller.arn,
        };
        this.parameters.set(name, parameter);
        return { Version: parameter.versions.length, Tier: 'Standard' };
      },
    };

    const GetParameter: Operation<Ssm.GetParameterCommandInput, Answer<Ssm.GetParameterCommandOutput>> = {
      permissions: (input) => [this.on('GetParameter', input.Name), ...this.decryption([input.Name ?? ''], input.WithDecryption)],
      handle: (input) => {
        const found = this.select(input.Name ?? '');
        if (!found) throw this.notFound(input.Name ?? '');
        return { Parameter: this.shape(found, input.WithDecryption) };
      },
    };

    const GetParameters: Operation<Ssm.GetParametersCommandInput, Answer<Ssm.GetParametersCommandOutput>> = {
      permissions: (input) => [...(input.Names ?? []).map((name) => this.on('GetParameters', name)), ...this.decryption(input.Names ?? [], input.WithDecryption)],
      handle: (input) => {
        const names = input.Names ?? [];
        if (names.length > 10) {
          throw new AwsError('ValidationException', `1 validation error detected: Value '[${names.join(', ')}]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 10`);
        }
        const found = names.map((name) => ({ name, selected: this.select(name) }));
        return {
          Parameters: found.flatMap(({ selected }) => (selected ? [this.shape(selected, input.WithDecryption)] : [])),
          InvalidParameters: found.filter(({ selected }) => !selected).map(({ name }) => name),
        };
      },
    };

    const beneath = (path: string, recursive: boolean | undefined): Parameter[] => {
      const prefix = path.endsWith('/') ? path : `${path}/`;
      return [...this.parameters.values()]
        .filter(({ name }) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    };

    const GetParametersByPath: Operation<Ssm.GetParametersByPathCommandInput, Answer<Ssm.GetParametersByPathCommandOutput>> = {
      permissions: (input) => [
        this.on('GetParametersByPath', input.Path?.replace(/(?<=.)\/$/, '')),
        ...this.decryption(beneath(input.Path ?? '/', input.Recursive).map((parameter) => parameter.name), input.WithDecryption),
      ],
      handle: (input) => {
        refuseUnknown('GetParametersByPath', input, ['Path', 'Recursive', 'WithDecryption', 'MaxResults', 'NextToken']);
        if (!input.Path?.startsWith('/')) {
          throw new AwsError('ValidationException', 'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".');
        }
        const all = beneath(input.Path, input.Recursive).filter(({ name }) => input.NextToken === undefined || name > input.NextToken);
        const page = all.slice(0, input.MaxResults ?? 10);
        return {
          Parameters: page.map((parameter) => this.shape({ parameter, version: parameter.versions.length }, input.WithDecryption)),
          ...(page.length < all.length ? { NextToken: page.at(-1)?.name } : {}),
        };
      },
    };

    const DeleteParameter: Operation<Ssm.DeleteParameterCommandInput, object> = {
      permissions: (input) => [this.on('DeleteParameter', input.Name)],
      handle: (input) => {
        if (!this.parameters.delete(input.Name ?? '')) throw this.notFound(input.Name ?? '');
        return {};
      },
    };

    const DeleteParameters: Operation<Ssm.DeleteParametersCommandInput, Answer<Ssm.DeleteParametersCommandOutput>> = {
      permissions: (input) => (input.Names ?? []).map((name) => this.on('DeleteParameters', name)),
      handle: (input) => {
        const outcomes = (input.Names ?? []).map((name) => ({ name, deleted: this.parameters.delete(name) }));
        return {
          DeletedParameters: outcomes.filter(({ deleted }) => deleted).map(({ name }) => name),
          InvalidParameters: outcomes.filter(({ deleted }) => !deleted).map(({ name }) => name),
        };
      },
    };

    const DescribeParameters: Operation<Ssm.DescribeParametersCommandInput, Answer<Ssm.DescribeParametersCommandOutput>> = {
      permissions: () => [{ action: 'ssm:DescribeParameters', resource: '*' }],
      handle: (input) => {
        refuseUnknown('DescribeParameters', input, ['MaxResults', 'NextToken']);
        const all = [...this.parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).filter(({ name }) => input.NextToken === undefined || name > input.NextToken);
        const page = all.slice(0, input.MaxResults ?? 50);
        return {
          Parameters: page.map((parameter) => ({
            Name: parameter.name,
            ARN: parameter.arn,
            Type: parameter.type,
            KeyId: parameter.kmsKeyId,
            LastModifiedDate: new Date(parameter.versions.at(-1)?.changedAtMs ?? 0),
            LastModifiedUser: parameter.changedBy,
            Description: parameter.description,
            AllowedPattern: parameter.allowedPattern,
            Version: parameter.versions.length,
            Tier: 'Standard',
            Policies: [],
            DataType: parameter.dataType,
          })),
          ...(page.length < all.length ? { NextToken: page.at(-1)?.name } : {}),
        };
      },
    };

    return { PutParameter, GetParameter, GetParameters, GetParametersByPath, DeleteParameter, DeleteParameters, DescribeParameters };
  }

  private notFound(name: string): AwsError {
    const known = this.parameters.has(name.split(':')[0] ?? '');
    return known
      ? new AwsError('ParameterVersionNotFound', `Systems Manager could not find version ${name.split(':')[1]} of ${name.split(':')[0]}. Verify the version and try again.`)
      : new AwsError('ParameterNotFound', '');
  }
}

function checkPut(input: Ssm.PutParameterCommandInput, name: string, value: string, known: Parameter | undefined): void {
  if (!/^[a-zA-Z0-9_./-]+$/.test(name) || /^\/?(aws|ssm)/i.test(name)) {
    throw new AwsError('ValidationException', `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive) and may only contain a mix of letters, numbers and the symbols .-_/`);
  }
  if (!known && input.Type === undefined) throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
  if (known && !input.Overwrite) throw new AwsError('ParameterAlreadyExists', 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.');
  if (input.Overwrite && input.Tags?.length) {
    throw new AwsError('ValidationException', "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag.");
  }
  if (known && input.Type !== undefined && input.Type !== known.type && (input.Type === 'SecureString' || known.type === 'SecureString')) {
    throw new AwsError('HierarchyTypeMismatchException', 'Parameter Store does not support changing a parameter type in a hierarchy.');
  }
  if (Buffer.byteLength(value) > STANDARD_BYTES_MAX) {
    throw new AwsError('ValidationException', 'Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.');
  }
  const pattern = input.AllowedPattern ?? known?.allowedPattern;
  if (pattern !== undefined && !new RegExp(pattern).test(value)) {
    throw new AwsError('ParameterPatternMismatchException', `Parameter value, cannot be validated against allowedPattern: ${pattern}`);
  }
}
