// Step Functions: one execution per release, and the task tokens that wake it.
import type { SFNClient} from '@aws-sdk/client-sfn';
import { DescribeExecutionCommand, SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isAwsError } from './aws.ts';

export type Executions = ReturnType<typeof executionsIn>;

export function executionsIn(client: SFNClient, stateMachineArn: string) {
  const arnOf = (name: string): string => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

  return {
    arnOf,

    /** Idempotent by name while it runs; a name that has been used and ended counts as started. */
    async start(name: string, releaseId: string): Promise<string> {
      try {
        const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify({ releaseId }) }));
        return executionArn ?? '';
      } catch (error) {
        if (!isAwsError(error, 'ExecutionAlreadyExists')) throw error;
        return arnOf(name);
      }
    },

    /** Undefined for one that Step Functions does not know (any more). */
    async status(executionArn: string): Promise<string | undefined> {
      try {
        return (await client.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }))).status;
      } catch (error) {
        if (!isAwsError(error, 'ExecutionDoesNotExist')) throw error;
        return undefined;
      }
    },

    /** An expired or used token is not an error: whoever waited has already been woken. */
    async wake(taskToken: string): Promise<void> {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
      } catch (error) {
        if (!isAwsError(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) throw error;
      }
    },
  };
}
