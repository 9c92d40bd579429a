// Asks the preflight function about a stage: the control function itself may not look at ECS.
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Stage } from '../core/pipeline/model.ts';
import type { PreflightFault } from '../core/preflight/check.ts';
import { SlipwayError } from '../core/errors.ts';

export class PreflightUnanswered extends SlipwayError {
  override readonly name = 'PreflightUnanswered';
  readonly retry = 'later';
}

export type RemotePreflight = ReturnType<typeof remotePreflight>;

export function remotePreflight(client: LambdaClient, functionName: string) {
  return {
    async check(stage: Stage): Promise<PreflightFault[]> {
      const { Payload, FunctionError } = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify({ check: stage })) }));
      const text = Buffer.from(Payload ?? []).toString('utf8');
      if (FunctionError) throw new PreflightUnanswered(`the check of ${stage.service.cluster}/${stage.service.name} failed: ${text.slice(0, 300)}`);
      return (JSON.parse(text) as { faults: PreflightFault[] }).faults;
    },
  };
}
