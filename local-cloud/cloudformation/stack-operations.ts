// Operations that change stacks. Each answers at once; the engine does the work afterwards.
import type {
  CreateStackCommandInput,
  CreateStackCommandOutput,
  DeleteStackCommandInput,
  UpdateStackCommandInput,
  UpdateStackCommandOutput,
  UpdateTerminationProtectionCommandInput,
  UpdateTerminationProtectionCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { AwsError, refuseUnknown } from '../kernel/errors.ts';
import { arnOf } from '../kernel/kernel.ts';
import type { Answer, Operation, Permission } from '../kernel/service.ts';
import { noSuchStack, validationError } from './errors.ts';
import type { Stack } from './stack.ts';
import { inProgress } from './stack.ts';
import type { Stacks } from './stacks.ts';

const WISH_FIELDS = ['StackName', 'TemplateBody', 'TemplateURL', 'Parameters', 'Capabilities', 'Tags', 'ClientRequestToken', 'DisableRollback'];

/** The stack's ARN, or the pattern of any stack of that name while there is none. */
export const stackPermission = (stacks: Stacks, action: string, nameOrId: string | undefined): Permission => ({
  action: `cloudformation:${action}`,
  resource: stacks.find(nameOrId)?.id ?? (nameOrId?.startsWith('arn:') ? nameOrId : arnOf(stacks.kernel, 'cloudformation', `stack/${nameOrId ?? '*'}/*`)),
});

export function stackOperations(stacks: Stacks) {
  const { engine } = stacks;

  const CreateStack: Operation<CreateStackCommandInput, Answer<CreateStackCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'CreateStack', input.StackName)],
    handle: async (input, { caller }) => {
      refuseUnknown('CreateStack', withoutEmpty(input), [...WISH_FIELDS, 'OnFailure', 'EnableTerminationProtection', 'TimeoutInMinutes']);
      const name = checkedName(input.StackName);
      refuseExisting(stacks, name);
      const wish = await stacks.wish(input, caller);
      refuseExisting(stacks, name);
      const stack = stacks.open(name, wish, caller, input);
      stack.wish = stacks.bind(wish, stack);
      engine.setStatus(stack, 'CREATE_IN_PROGRESS', 'User Initiated');
      engine.start(() => engine.create(stack));
      return { StackId: stack.id };
    },
  };

  const UpdateStack: Operation<UpdateStackCommandInput, Answer<UpdateStackCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'UpdateStack', input.StackName)],
    handle: async (input, { caller }) => {
      refuseUnknown('UpdateStack', withoutEmpty(input), [...WISH_FIELDS, 'UsePreviousTemplate']);
      const stack = stacks.find(input.StackName);
      if (!stack || stack.status === 'DELETE_COMPLETE') throw validationError(`Stack [${input.StackName}] does not exist`);
      refuseUpdate(stack);
      const wish = stacks.bind(await stacks.wish(input, caller, stack), stack);
      refuseUpdate(stack);
      if (!engine.differs(stack, wish)) throw validationError('No updates are to be performed.');
      beginUpdate(stacks, stack, wish, caller, input.ClientRequestToken);
      return { StackId: stack.id };
    },
  };

  const DeleteStack: Operation<DeleteStackCommandInput, object> = {
    permissions: (input) => [stackPermission(stacks, 'DeleteStack', input.StackName)],
    handle: (input, { caller }) => {
      refuseUnknown('DeleteStack', withoutEmpty(input), ['StackName', 'ClientRequestToken']);
      const stack = stacks.find(input.StackName);
      if (!stack || stack.status === 'DELETE_COMPLETE' || stack.status === 'DELETE_IN_PROGRESS') return {};
      if (stack.terminationProtection) throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
      if (inProgress(stack)) throw validationError(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
      for (const { exportName } of stack.outputs) {
        const users = exportName === undefined ? [] : stacks.importers(exportName).filter((user) => user !== stack);
        if (users.length > 0) throw validationError(`Export ${exportName} cannot be deleted as it is in use by ${users.map((user) => user.name).join(', ')}`);
      }
      stack.caller = caller;
      stack.token = input.ClientRequestToken;
      engine.setStatus(stack, 'DELETE_IN_PROGRESS', 'User Initiated');
      engine.start(() => engine.delete(stack));
      return {};
    },
  };

  const UpdateTerminationProtection: Operation<UpdateTerminationProtectionCommandInput, Answer<UpdateTerminationProtectionCommandOutput>> = {
    permissions: (input) => [stackPermission(stacks, 'UpdateTerminationProtection', input.StackName)],
    handle: (input) => {
      const stack = stacks.find(input.StackName);
      if (!stack) throw noSuchStack(input.StackName ?? '');
      stack.terminationProtection = input.EnableTerminationProtection ?? false;
      return { StackId: stack.id };
    },
  };

  return { CreateStack, UpdateStack, DeleteStack, UpdateTerminationProtection };
}

export function beginUpdate(stacks: Stacks, stack: Stack, wish: Stack['wish'], caller: Stack['caller'], token: string | undefined): void {
  stack.caller = caller;
  stack.token = token;
  stack.updatedAtMs = stacks.kernel.clock.nowMs();
  stacks.engine.setStatus(stack, 'UPDATE_IN_PROGRESS', 'User Initiated');
  stacks.engine.start(() => stacks.engine.update(stack, wish));
}

const UPDATABLE: readonly string[] = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE'];

export function refuseUpdate(stack: Stack): void {
  if (UPDATABLE.includes(stack.status)) return;
  throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

export function refuseExisting(stacks: Stacks, name: string): void {
  if (stacks.find(name)) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`, { httpStatus: 400 });
}

export function checkedName(name: string | undefined): string {
  if (name !== undefined && /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) return name;
  throw validationError(
    `1 validation error detected: Value '${name ?? ''}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
  );
}

/** Tools send empty lists for what they do not use (`NotificationARNs: []`); those ask for nothing. */
export const withoutEmpty = (input: object): object =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => !(Array.isArray(value) && value.length === 0) && value !== false));
