// Executions: start, stop, redrive, and looking at them.
import type {
  DescribeExecutionInput,
  DescribeExecutionOutput,
  DescribeStateMachineForExecutionInput,
  DescribeStateMachineForExecutionOutput,
  ExecutionListItem,
  GetExecutionHistoryInput,
  GetExecutionHistoryOutput,
  ListExecutionsInput,
  ListExecutionsOutput,
  RedriveExecutionInput,
  RedriveExecutionOutput,
  StartExecutionInput,
  StartExecutionOutput,
  StopExecutionInput,
  StopExecutionOutput,
} from '@aws-sdk/client-sfn';
import { AwsError, refuseUnknown } from '../../kernel/errors.ts';
import type { Answer, Operation, Permission } from '../../kernel/service.ts';
import type { Execution } from '../engine/execution.ts';
import { exceedsPayloadLimit, parseJson } from '../language/json.ts';
import { withoutData } from '../observers.ts';
import { machineNamed } from './machines.ts';
import type { Machines } from './machines.ts';
import { checkName } from './names.ts';
import { pageOf } from './paging.ts';

const onExecution =
  <Input extends { executionArn?: string }>(action: string) =>
  ({ executionArn }: Input): Permission[] => [{ action: `states:${action}`, resource: executionArn ?? '*' }];

export function executionOperations(context: Machines) {
  const { kernel, executions } = context;
  const found = (executionArn: string | undefined): Execution => {
    if (!/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[^:]+:[^:]+$/.test(executionArn ?? '')) {
      throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${executionArn}'`);
    }
    return executions.get(executionArn ?? '');
  };

  const start: Operation<StartExecutionInput, Answer<StartExecutionOutput>> = {
    permissions: ({ stateMachineArn }) => [{ action: 'states:StartExecution', resource: stateMachineArn ?? '*' }],
    handle: (input) => {
      refuseUnknown('StartExecution', input, ['stateMachineArn', 'name', 'input', 'traceHeader']);
      const { name, input: inputText = '{}', traceHeader } = input;
      const machine = machineNamed(context, input.stateMachineArn);
      if (name !== undefined) checkName(name);
      if (machine.status === 'DELETING') throw new AwsError('StateMachineDeleting', `State Machine is being deleted: '${machine.arn}'`);
      if (exceedsPayloadLimit(inputText)) throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: The input is larger than 262144 bytes.');
      if (!parseJson(inputText)) throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${inputText.slice(0, 100)}' is not JSON`);
      const execution = executions.start({ machine, name, inputText, traceHeader });
      return { executionArn: execution.arn, startDate: new Date(execution.startMs) };
    },
  };

  const stop: Operation<StopExecutionInput, Answer<StopExecutionOutput>> = {
    permissions: onExecution('StopExecution'),
    handle: (input) => {
      refuseUnknown('StopExecution', input, ['executionArn', 'error', 'cause']);
      const execution = found(input.executionArn);
      executions.stop(execution, input.error, input.cause);
      return { stopDate: new Date(execution.stopMs ?? kernel.clock.nowMs()) };
    },
  };

  const redrive: Operation<RedriveExecutionInput, Answer<RedriveExecutionOutput>> = {
    permissions: onExecution('RedriveExecution'),
    handle: (input) => {
      refuseUnknown('RedriveExecution', input, ['executionArn', 'clientToken']);
      const execution = found(input.executionArn);
      executions.redrive(execution);
      return { redriveDate: new Date(execution.redriveMs ?? kernel.clock.nowMs()) };
    },
  };

  const describe: Operation<DescribeExecutionInput, Answer<DescribeExecutionOutput>> = {
    permissions: onExecution('DescribeExecution'),
    handle: (input) => {
      refuseUnknown('DescribeExecution', input, ['executionArn', 'includedData']);
      const execution = found(input.executionArn);
      const { inputText, outputText, error, cause, traceHeader } = execution;
      const { redrivable, reason } = executions.redrivability(execution);
      const whole = input.includedData !== 'METADATA_ONLY';
      return {
        ...listItem(execution),
        input: whole ? inputText : undefined,
        inputDetails: { included: whole },
        ...(outputText === undefined ? {} : { output: whole ? outputText : undefined, outputDetails: { included: whole } }),
        error: whole ? error : undefined,
        cause: whole ? cause : undefined,
        traceHeader,
        redriveCount: execution.redriveCount,
        redriveStatus: redrivable ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
        redriveStatusReason: reason,
      };
    },
  };

  const list: Operation<ListExecutionsInput, Answer<ListExecutionsOutput>> = {
    permissions: ({ stateMachineArn }) => [{ action: 'states:ListExecutions', resource: stateMachineArn ?? '*' }],
    handle: (input) => {
      refuseUnknown('ListExecutions', input, ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken', 'redriveFilter']);
      const machine = machineNamed(context, input.stateMachineArn);
      const wanted = executions
        .ofMachine(machine.arn)
        .filter(({ status }) => input.statusFilter === undefined || status === input.statusFilter)
        .filter(({ redriveCount }) => input.redriveFilter === undefined || redriveCount > 0 === (input.redriveFilter === 'REDRIVEN'))
        .reverse();
      const { items, nextToken } = pageOf(wanted, input);
      return { executions: items.map(listItem), nextToken };
    },
  };

  const history: Operation<GetExecutionHistoryInput, Answer<GetExecutionHistoryOutput>> = {
    permissions: onExecution('GetExecutionHistory'),
    handle: (input) => {
      refuseUnknown('GetExecutionHistory', input, ['executionArn', 'maxResults', 'reverseOrder', 'nextToken', 'includeExecutionData']);
      const { events } = found(input.executionArn).history;
      const { items, nextToken } = pageOf(input.reverseOrder ? [...events].reverse() : events, input);
      return { events: items.map((event) => withoutData(event, input.includeExecutionData ?? true)), nextToken };
    },
  };

  const describeMachine: Operation<DescribeStateMachineForExecutionInput, Answer<DescribeStateMachineForExecutionOutput>> = {
    permissions: onExecution('DescribeStateMachineForExecution'),
    handle: (input) => {
      const { stateMachineArn, revision } = found(input.executionArn);
      return {
        stateMachineArn,
        name: stateMachineArn.split(':').at(-1) ?? '',
        definition: revision.definitionText,
        roleArn: revision.roleArn,
        updateDate: new Date(revision.updatedMs),
        loggingConfiguration: revision.logging,
        tracingConfiguration: revision.tracing,
        revisionId: revision.revisionId,
      };
    },
  };

  return {
    StartExecution: start,
    StopExecution: stop,
    RedriveExecution: redrive,
    DescribeExecution: describe,
    ListExecutions: list,
    GetExecutionHistory: history,
    DescribeStateMachineForExecution: describeMachine,
  };
}

const listItem = ({ arn, stateMachineArn, name, status, startMs, stopMs, redriveCount, redriveMs }: Execution): ExecutionListItem => ({
  executionArn: arn,
  stateMachineArn,
  name,
  status,
  startDate: new Date(startMs),
  stopDate: stopMs === undefined ? undefined : new Date(stopMs),
  redriveCount,
  redriveDate: redriveMs === undefined ? undefined : new Date(redriveMs),
});
