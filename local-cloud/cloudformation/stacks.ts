// All stacks of the account: finding one by name or id, its exports, and turning a request into a wish.
import type { CreateStackCommandInput, Parameter, Tag } from '@aws-sdk/client-cloudformation';
import { AwsError } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { Caller } from '../kernel/service.ts';
import { noSuchStack, validationError } from './errors.ts';
import { StackEngine } from './engine.ts';
import { evaluateConditions } from './intrinsics.ts';
import { creationOrder, dependencies } from './order.ts';
import { parameterTexts, parameterValues } from './parameters.ts';
import type { ResourceProvider } from './provider.ts';
import type { Stack, StackWish } from './stack.ts';
import type { Template } from './template.ts';
import { readTemplate } from './template.ts';

/** Files that requests refer to by bucket and key: there is no S3 here, only a shelf. */
export interface Artefacts {
  get(bucket: string, key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

export interface WishInput {
  TemplateBody?: string;
  TemplateURL?: string;
  UsePreviousTemplate?: boolean;
  Parameters?: Parameter[];
  Capabilities?: string[];
  Tags?: Tag[];
}

const TEMPLATE_BYTES_MAX = 1024 * 1024;

export class Stacks {
  readonly kernel: Kernel;
  readonly engine: StackEngine;
  private readonly artefacts: Artefacts;
  private readonly all: Stack[] = [];

  constructor(kernel: Kernel, artefacts: Artefacts, providers: ReadonlyMap<string, ResourceProvider>) {
    this.kernel = kernel;
    this.artefacts = artefacts;
    this.engine = new StackEngine({ kernel, providers, findExport: (name) => this.exports().find((found) => found.name === name)?.value });
  }

  list(): readonly Stack[] {
    return this.all;
  }

  /** A deleted stack is only known by its id. */
  find(nameOrId: string | undefined): Stack | undefined {
    return this.all.find((stack) => stack.id === nameOrId || (stack.name === nameOrId && stack.status !== 'DELETE_COMPLETE'));
  }

  get(nameOrId: string | undefined): Stack {
    const stack = this.find(nameOrId);
    if (!stack) throw noSuchStack(nameOrId ?? '');
    return stack;
  }

  exports(): { name: string; value: string; stack: Stack }[] {
    return this.all
      .filter((stack) => stack.status !== 'DELETE_COMPLETE')
      .flatMap((stack) => stack.outputs.flatMap(({ exportName, value }) => (exportName === undefined ? [] : [{ name: exportName, value, stack }])));
  }

  importers(exportName: string): Stack[] {
    return this.all.filter((stack) => stack.status !== 'DELETE_COMPLETE' && stack.imports.has(exportName));
  }

  /** A stack that has nothing yet. */
  open(name: string, wish: StackWish, caller: Caller, input: Pick<CreateStackCommandInput, 'OnFailure' | 'DisableRollback' | 'EnableTerminationProtection' | 'ClientRequestToken'>): Stack {
    const stack: Stack = {
      id: arnOf(this.kernel, 'cloudformation', `stack/${name}/${uuid(this.kernel.random)}`),
      name,
      wish,
      status: 'CREATE_IN_PROGRESS',
      reason: undefined,
      createdAtMs: this.kernel.clock.nowMs(),
      updatedAtMs: undefined,
      deletedAtMs: undefined,
      resources: new Map(),
      events: [],
      outputs: [],
      imports: new Set(),
      onFailure: input.OnFailure ?? (input.DisableRollback ? 'DO_NOTHING' : 'ROLLBACK'),
      terminationProtection: input.EnableTerminationProtection ?? false,
      caller,
      token: input.ClientRequestToken,
    };
    this.all.push(stack);
    return stack;
  }

  async templateBody(input: WishInput, previous: Stack | undefined): Promise<string> {
    if (input.UsePreviousTemplate && previous) return previous.wish.templateBody;
    if (input.TemplateBody !== undefined) {
      if (Buffer.byteLength(input.TemplateBody) > TEMPLATE_BYTES_MAX) throw validationError('Template may not exceed 1000000 bytes in size.');
      return input.TemplateBody;
    }
    const place = bucketAndKey(input.TemplateURL);
    if (!place) throw validationError('Either Template URL or Template Body must be specified.');
    const bytes = await this.artefacts.get(place.bucket, place.key);
    if (!bytes) throw validationError(`S3 error: The specified key does not exist.\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`);
    return Buffer.from(bytes).toString('utf8');
  }

  /** Everything that can be refused before a stack begins to change is refused here. */
  async wish(input: WishInput, caller: Caller, previous?: Stack): Promise<StackWish> {
    const templateBody = await this.templateBody(input, previous);
    const template = readTemplate(templateBody);
    creationOrder(dependencies(template));
    const texts = parameterTexts(template, input.Parameters ?? [], previous?.wish.parameterTexts);
    const ssmValue = async (name: string): Promise<string> => {
      const answer = (await this.kernel.call(caller, 'ssm', 'GetParameter', { Name: name })) as { Parameter?: { Value?: string } };
      return answer.Parameter?.Value ?? '';
    };
    const parameters = await parameterValues(template, texts, ssmValue);
    checkCapabilities(template, input.Capabilities ?? []);
    const unbound: StackWish = { template, templateBody, parameterTexts: texts, parameters, conditions: {}, tags: input.Tags ?? previous?.wish.tags ?? [], capabilities: input.Capabilities ?? [] };
    this.engine.checkModelled(unbound);
    return unbound;
  }

  /** Adds what only a stack can tell: its pseudo parameters and with them the conditions. */
  bind(wish: StackWish, stack: { name: string; id: string }): StackWish {
    const parameters = { ...wish.parameters, ...this.pseudoParameters(stack) };
    const scope = { template: wish.template, parameters, resource: () => undefined, importValue: () => '' };
    return { ...wish, parameters, conditions: evaluateConditions(scope) };
  }

  private pseudoParameters(stack: { name: string; id: string }): Record<string, unknown> {
    return {
      'AWS::AccountId': this.kernel.accountId,
      'AWS::Region': this.kernel.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack.name,
      'AWS::StackId': stack.id,
      'AWS::NotificationARNs': [],
    };
  }
}

const NAMED_IAM: Readonly<Record<string, string>> = { 'AWS::IAM::Role': 'RoleName', 'AWS::IAM::ManagedPolicy': 'ManagedPolicyName' };

function checkCapabilities(template: Template, given: string[]): void {
  const iam = Object.values(template.Resources).filter((resource) => resource.Type.startsWith('AWS::IAM::'));
  if (iam.length === 0 || given.includes('CAPABILITY_NAMED_IAM')) return;
  const named = iam.some((resource) => resource.Properties?.[NAMED_IAM[resource.Type] ?? ''] !== undefined);
  const needed = named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
  if (!given.includes(needed)) throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`, { httpStatus: 400 });
}

/** Virtual-hosted and path-style S3 addresses. */
function bucketAndKey(url: string | undefined): { bucket: string; key: string } | undefined {
  const virtualHosted = /^https?:\/\/([^./]+)\.s3[^/]*\.amazonaws\.com\/(.+)$/.exec(url ?? '');
  const pathStyle = /^https?:\/\/s3[^/]*\.amazonaws\.com\/([^/]+)\/(.+)$/.exec(url ?? '');
  const [, bucket, key] = virtualHosted ?? pathStyle ?? [];
  return bucket !== undefined && key !== undefined ? { bucket, key: decodeURIComponent(key) } : undefined;
}
