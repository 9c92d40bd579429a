// `states:startExecution.sync:2`: a task that is over when the execution it started is.
import { arnOf } from '../../kernel/kernel.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { AwsError } from '../../kernel/errors.ts';
import type { Execution } from '../engine/execution.ts';
import { StatesError } from '../language/errors.ts';
import type { Json } from '../language/json.ts';

/** AWS learns of the end through a managed rule, which the role must be allowed to see to. */
const RULE_ACTIONS = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

export function awaitNested(kernel: Kernel, execution: Execution, role: Execution['role'], onCancel: (stop: () => void) => void): Promise<Json> {
  try {
    const rule = arnOf(kernel, 'events', 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule');
    kernel.authorize(role, RULE_ACTIONS.map((action) => ({ action, resource: rule })));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new StatesError('StepFunctions.AWSStepFunctionsException', error.message);
  }
  return new Promise((resolve, reject) => {
    const ended = () => {
      const description = describe(execution);
      if (execution.status === 'SUCCEEDED') resolve(description);
      else reject(new StatesError('States.TaskFailed', JSON.stringify(description)));
    };
    if (execution.status === 'RUNNING') execution.onEnd.push(ended);
    else ended();
    onCancel(() => {
      const index = execution.onEnd.indexOf(ended);
      if (index >= 0) execution.onEnd.splice(index, 1);
      kernel.call(role, 'states', 'StopExecution', { executionArn: execution.arn }).catch((error: unknown) => {
        if (!(error instanceof AwsError)) kernel.crash(error);
      });
    });
  });
}

const describe = ({ arn, input, name, outputText, startMs, stateMachineArn, status, stopMs, error, cause }: Execution): Json => ({
  ExecutionArn: arn,
  Input: input,
  InputDetails: { Included: true },
  Name: name,
  ...(outputText === undefined ? {} : { Output: JSON.parse(outputText) as Json, OutputDetails: { Included: true } }),
  ...(error === undefined ? {} : { Error: error }),
  ...(cause === undefined ? {} : { Cause: cause }),
  StartDate: startMs,
  StateMachineArn: stateMachineArn,
  Status: status,
  StopDate: stopMs ?? null,
});
