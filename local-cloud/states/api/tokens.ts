// Answers to tasks that wait for their token.
import type { SendTaskFailureInput, SendTaskFailureOutput, SendTaskHeartbeatInput, SendTaskHeartbeatOutput, SendTaskSuccessInput, SendTaskSuccessOutput } from '@aws-sdk/client-sfn';
import { AwsError } from '../../kernel/errors.ts';
import type { Answer, Operation, Permission } from '../../kernel/service.ts';
import { readToken } from '../engine/tokens.ts';
import type { Executions } from '../executions.ts';
import { StatesError } from '../language/errors.ts';
import { exceedsPayloadLimit, parseJson } from '../language/json.ts';

/**
 * The authorization reference names no resource type for these actions, and policies with `*` are common; but denials name the
 * state machine, and policies on its ARN are honoured (https://github.com/aws/aws-cdk/pull/8486), so that is what is asked for.
 */
const onTokensMachine =
  (action: string) =>
  ({ taskToken }: { taskToken: string | undefined }): Permission[] => {
    const executionArn = readToken(taskToken ?? '')?.executionArn;
    const machineArn = executionArn?.replace(/:execution:([^:]+):.*$/, ':stateMachine:$1');
    return [{ action: `states:${action}`, resource: machineArn ?? '*' }];
  };

export function tokenOperations(executions: Executions) {
  const success: Operation<SendTaskSuccessInput, Answer<SendTaskSuccessOutput>> = {
    permissions: onTokensMachine('SendTaskSuccess'),
    handle: ({ taskToken = '', output = '' }) => {
      const parsed = parseJson(output);
      if (!parsed || exceedsPayloadLimit(output)) throw new AwsError('InvalidOutput', `Invalid Output: '${output.slice(0, 100)}' is not JSON of at most 262144 bytes`);
      executions.pendingTask(taskToken).succeed(parsed.value);
      return {};
    },
  };

  const failure: Operation<SendTaskFailureInput, Answer<SendTaskFailureOutput>> = {
    permissions: onTokensMachine('SendTaskFailure'),
    handle: ({ taskToken = '', error, cause }) => {
      executions.pendingTask(taskToken).fail(new StatesError(error, cause));
      return {};
    },
  };

  const heartbeat: Operation<SendTaskHeartbeatInput, Answer<SendTaskHeartbeatOutput>> = {
    permissions: onTokensMachine('SendTaskHeartbeat'),
    handle: ({ taskToken = '' }) => {
      executions.pendingTask(taskToken).heartbeat();
      return {};
    },
  };

  return { SendTaskSuccess: success, SendTaskFailure: failure, SendTaskHeartbeat: heartbeat };
}
