// State machines: create, change, look at, delete, tag.
import type {
  CreateStateMachineInput,
  CreateStateMachineOutput,
  DeleteStateMachineInput,
  DeleteStateMachineOutput,
  DescribeStateMachineInput,
  DescribeStateMachineOutput,
  ListStateMachinesInput,
  ListStateMachinesOutput,
  UpdateStateMachineInput,
  UpdateStateMachineOutput,
  ValidateStateMachineDefinitionInput,
  ValidateStateMachineDefinitionOutput,
} from '@aws-sdk/client-sfn';
import { AwsError, NotModelled, refuseUnknown } from '../../kernel/errors.ts';
import { arnOf } from '../../kernel/kernel.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { uuid } from '../../kernel/random.ts';
import type { Answer, Operation, Permission } from '../../kernel/service.ts';
import type { Executions } from '../executions.ts';
import { loadSdkService, operationSchemas } from '../integrations/sdk.ts';
import { parseResource } from '../integrations/resource.ts';
import { everyState } from '../language/definition.ts';
import type { Definition } from '../language/definition.ts';
import { validateDefinition } from '../language/validate.ts';
import type { Fault } from '../language/validate.ts';
import type { MachineRevision, StateMachine } from '../machine.ts';
import { checkLogging, checkLogDelivery, sameLogging } from './logging.ts';
import { checkName } from './names.ts';
import { pageOf } from './paging.ts';
import { tagPermissions } from './tags.ts';

export interface Machines {
  readonly kernel: Kernel;
  readonly machines: Map<string, StateMachine>;
  readonly executions: Executions;
}

const DEFINITION_LIMIT_BYTES = 1024 * 1024;

export function machineNamed({ machines }: Pick<Machines, 'machines'>, stateMachineArn: string | undefined): StateMachine {
  const machine = machines.get(stateMachineArn ?? '');
  if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
  return machine;
}

const passRole = (roleArn: string | undefined): Permission[] =>
  roleArn === undefined ? [] : [{ action: 'iam:PassRole', resource: roleArn, context: { 'iam:PassedToService': 'states.amazonaws.com' } }];

const onMachine =
  <Input extends { stateMachineArn?: string }>(action: string) =>
  ({ stateMachineArn }: Input): Permission[] => [{ action: `states:${action}`, resource: stateMachineArn ?? '*' }];

export function machineOperations(context: Machines) {
  const { kernel, machines, executions } = context;
  const arnOfName = (name: string | undefined) => arnOf(kernel, 'states', `stateMachine:${name ?? ''}`);

  const create: Operation<CreateStateMachineInput, Answer<CreateStateMachineOutput>> = {
    permissions: ({ name, roleArn, tags }) => [
      { action: 'states:CreateStateMachine', resource: arnOfName(name) },
      ...passRole(roleArn),
      ...tagPermissions(arnOfName(name), tags),
    ],
    handle: async (input) => {
      refuseUnknown('CreateStateMachine', input, ['name', 'definition', 'roleArn', 'type', 'loggingConfiguration', 'tracingConfiguration', 'tags', 'publish']);
      if (input.publish) throw new NotModelled('CreateStateMachine: state machine versions');
      if (input.type === 'EXPRESS') throw new NotModelled('CreateStateMachine: Express state machines');
      const { name = '', definition = '', roleArn = '' } = input;
      checkName(name);
      const arn = arnOfName(name);
      const known = machines.get(arn);
      const logging = checkLogging(input.loggingConfiguration);
      const tracing = { enabled: input.tracingConfiguration?.enabled ?? false };
      if (known) {
        if (known.status === 'DELETING') throw new AwsError('StateMachineDeleting', `State Machine is being deleted: '${arn}'`);
        const { revision } = known;
        const same = revision.definitionText === definition && revision.roleArn === roleArn && sameLogging(revision.logging, logging) && revision.tracing.enabled === tracing.enabled;
        if (!same) throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
        return { stateMachineArn: arn, creationDate: new Date(known.createdMs) };
      }
      const revision = await makeRevision({ definition, roleArn, logging, tracing });
      checkLogDelivery(kernel, roleArn, 'OFF', logging.level);
      machines.set(arn, { arn, name, createdMs: revision.updatedMs, revision, status: 'ACTIVE', tags: [...(input.tags ?? [])] });
      return { stateMachineArn: arn, creationDate: new Date(revision.updatedMs) };
    },
  };

  async function makeRevision(parts: { definition: string; roleArn: string; logging: MachineRevision['logging']; tracing: MachineRevision['tracing'] }): Promise<MachineRevision> {
    const definition = await checkedDefinition(parts.definition);
    checkRole(parts.roleArn);
    const { logging, tracing, roleArn } = parts;
    return { revisionId: uuid(kernel.random), definitionText: parts.definition, definition, roleArn, logging, tracing, updatedMs: kernel.clock.nowMs() };
  }

  function checkRole(roleArn: string): void {
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(roleArn)) throw new AwsError('InvalidArn', `Invalid Role Arn: '${roleArn}'`);
    try {
      kernel.assumeRole(roleArn, 'states.amazonaws.com', 'create-state-machine');
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError('AccessDeniedException', 'Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.');
    }
  }

  const update: Operation<UpdateStateMachineInput, Answer<UpdateStateMachineOutput>> = {
    permissions: ({ stateMachineArn, roleArn }) => [{ action: 'states:UpdateStateMachine', resource: stateMachineArn ?? '*' }, ...passRole(roleArn)],
    handle: async (input) => {
      refuseUnknown('UpdateStateMachine', input, ['stateMachineArn', 'definition', 'roleArn', 'loggingConfiguration', 'tracingConfiguration', 'publish']);
      if (input.publish) throw new NotModelled('UpdateStateMachine: state machine versions');
      const machine = machineNamed(context, input.stateMachineArn);
      if (machine.status === 'DELETING') throw new AwsError('StateMachineDeleting', `State Machine is being deleted: '${machine.arn}'`);
      const { definition, roleArn, loggingConfiguration, tracingConfiguration } = input;
      if (definition === undefined && roleArn === undefined && !loggingConfiguration && !tracingConfiguration) {
        throw new AwsError('MissingRequiredParameter', 'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified');
      }
      const before = machine.revision;
      const revision = await makeRevision({
        definition: definition ?? before.definitionText,
        roleArn: roleArn ?? before.roleArn,
        logging: loggingConfiguration ? checkLogging(loggingConfiguration) : before.logging,
        tracing: tracingConfiguration ? { enabled: tracingConfiguration.enabled ?? false } : before.tracing,
      });
      if (loggingConfiguration) checkLogDelivery(kernel, revision.roleArn, before.logging.level, revision.logging.level);
      machine.revision = revision;
      return { updateDate: new Date(revision.updatedMs), revisionId: revision.revisionId };
    },
  };

  const describe: Operation<DescribeStateMachineInput, Answer<DescribeStateMachineOutput>> = {
    permissions: onMachine('DescribeStateMachine'),
    handle: (input) => {
      refuseUnknown('DescribeStateMachine', input, ['stateMachineArn', 'includedData']);
      const { arn, name, status, createdMs, revision } = machineNamed(context, input.stateMachineArn);
      const { revisionId, definitionText, roleArn, logging, tracing } = revision;
      return {
        stateMachineArn: arn,
        name,
        status,
        definition: definitionText,
        roleArn,
        type: 'STANDARD',
        creationDate: new Date(createdMs),
        loggingConfiguration: logging,
        tracingConfiguration: tracing,
        revisionId,
      };
    },
  };

  const list: Operation<ListStateMachinesInput, Answer<ListStateMachinesOutput>> = {
    permissions: () => [{ action: 'states:ListStateMachines', resource: '*' }],
    handle: (input) => {
      const { items, nextToken } = pageOf([...machines.values()], input);
      return { stateMachines: items.map(({ arn, name, createdMs }) => ({ stateMachineArn: arn, name, type: 'STANDARD', creationDate: new Date(createdMs) })), nextToken };
    },
  };

  /** The machine is gone when its last execution is; each ends before its next state. */
  const remove: Operation<DeleteStateMachineInput, Answer<DeleteStateMachineOutput>> = {
    permissions: onMachine('DeleteStateMachine'),
    handle: ({ stateMachineArn = '' }) => {
      const machine = machines.get(stateMachineArn);
      if (!machine || machine.status === 'DELETING') return {};
      checkLogDelivery(kernel, machine.revision.roleArn, machine.revision.logging.level, 'OFF');
      machine.status = 'DELETING';
      const running = executions.ofMachine(machine.arn).filter(({ status }) => status === 'RUNNING');
      const removeWhenIdle = () => {
        if (machines.get(machine.arn) === machine && !executions.hasRunning(machine.arn)) machines.delete(machine.arn);
      };
      for (const execution of running) executions.whenEnded(execution, removeWhenIdle);
      removeWhenIdle();
      return {};
    },
  };

  const validate: Operation<ValidateStateMachineDefinitionInput, Answer<ValidateStateMachineDefinitionOutput>> = {
    permissions: () => [{ action: 'states:ValidateStateMachineDefinition', resource: '*' }],
    handle: async (input) => {
      refuseUnknown('ValidateStateMachineDefinition', input, ['definition', 'type', 'severity', 'maxResults']);
      const faults = await faultsOf(input.definition ?? '');
      const shown = faults.slice(0, input.maxResults || 100);
      return {
        result: faults.length === 0 ? 'OK' : 'FAIL',
        diagnostics: shown.map((fault) => ({ severity: 'ERROR', ...fault })),
        truncated: shown.length < faults.length,
      };
    },
  };

  return {
    CreateStateMachine: create,
    UpdateStateMachine: update,
    DescribeStateMachine: describe,
    ListStateMachines: list,
    DeleteStateMachine: remove,
    ValidateStateMachineDefinition: validate,
  };
}

async function checkedDefinition(text: string): Promise<Definition> {
  const faults = await faultsOf(text);
  const { definition } = validateDefinition(text);
  if (faults.length === 0 && definition) return definition;
  const listed = faults.map(({ code, message, location }) => `${code}: ${message}${location === '' ? '' : ` at ${location}`}`);
  throw new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${listed.join(', ')}'`);
}

/** The faults of a definition, with the SDK integrations it names looked up (and their schemas loaded for the runs to come). */
async function faultsOf(text: string): Promise<Fault[]> {
  if (Buffer.byteLength(text) > DEFINITION_LIMIT_BYTES) return [{ code: 'SCHEMA_VALIDATION_FAILED', message: 'the definition is larger than 1 MB', location: '' }];
  const { definition, faults } = validateDefinition(text);
  if (!definition) return faults;
  const found: Fault[] = [];
  for (const [name, state] of everyState(definition)) {
    const resource = state.Type === 'Task' ? parseResource(state.Resource) : undefined;
    if (resource?.kind !== 'sdk') continue;
    await loadSdkService(resource.service);
    if (!operationSchemas(resource.service, resource.action)) {
      found.push({ code: 'SCHEMA_VALIDATION_FAILED', message: `The resource provided arn:aws:states:::${resource.resourceType}:${resource.action} is not recognized`, location: `/States/${name}/Resource` });
    }
  }
  return found;
}
