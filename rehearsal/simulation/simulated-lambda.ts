// The machine below Lambda, in simulated time: an environment starts cold, serves invocations with the production functions, and can
// be killed at any moment. What it had sent by then may still arrive; it itself never acts again.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HttpHandler, HttpRequest } from '@smithy/core/protocols';
import type { PlaneFoundation } from '../../local-cloud/cloud.ts';
import { sleep } from '../../local-cloud/kernel/clock.ts';
import type { Caller } from '../../local-cloud/kernel/service.ts';
import { faultOf, type EnvironmentSpec, type ExecutionEnvironment, type FunctionRunner, type InvocationOutcome, type InvocationRequest } from '../../local-cloud/lambda/runner.ts';
import type { InProcessRequestHandler } from '../../local-cloud/wire/index.ts';
import type { AwsOptions } from '../../adapters/aws.ts';
import type { Logger } from '../../adapters/log.ts';
import { openTable } from '../../adapters/records/table.ts';
import type { Chance } from './chance.ts';
import { compose, type Handle, type Parts, type Transport } from './composition.ts';
import type { SlackTransport } from './slack/simulated-slack.ts';
import { quickClient, quickDocumentClient, type Line } from './quick-door.ts';
import { never } from './never.ts';

/** One execution environment of one function; `invocation` counts what it has served. */
export interface SimulatedEnvironment {
  readonly functionName: string;
  readonly ordinal: number;
  readonly caller: Caller;
  dead: boolean;
  invocation: number;
  invokedAtMs: number;
  /** What the invocation was asked, for whoever judges. */
  event: unknown;
  /** Ends it now, whatever it does. */
  kill(reason: string): void;
}

export interface SimulatedLambdaOptions {
  foundation: PlaneFoundation;
  /** `quick` skips the wire format; see quick-door.ts. */
  door: 'quick' | 'wire';
  requestHandler: () => InProcessRequestHandler;
  chance: Chance;
  /** How far a function's own clock is from everybody else's. */
  skewMs: (functionName: string) => number;
  /** Undefined where no Slack is configured. */
  slack: SlackTransport | undefined;
  prefix: string;
  onStart?: (environment: SimulatedEnvironment) => void;
  patch?: ((parts: Parts, environment: SimulatedEnvironment) => Parts) | undefined;
  wrap?: ((functionName: string, handle: Handle) => Handle) | undefined;
  log?: (functionName: string, level: string, message: string, fields: Record<string, unknown>) => void;
}

const KEY_LIFETIME_MS = 3_650 * 86_400_000;

export class SimulatedLambda implements FunctionRunner {
  readonly environments = new Map<Caller, SimulatedEnvironment>();
  private readonly options: SimulatedLambdaOptions;
  private ordinal = 0;

  constructor(options: SimulatedLambdaOptions) {
    this.options = options;
  }

  start(spec: EnvironmentSpec): ExecutionEnvironment {
    const { foundation, prefix, chance } = this.options;
    const { kernel } = foundation;
    const caller = kernel.sessionOf(spec.roleArn, spec.functionName);
    let died: (outcome: InvocationOutcome) => void = () => undefined;
    const death = new Promise<InvocationOutcome>((resolve) => (died = resolve));
    const environment: SimulatedEnvironment = {
      functionName: spec.functionName.startsWith(prefix) ? spec.functionName.slice(prefix.length) : spec.functionName,
      ordinal: this.ordinal++,
      caller,
      dead: false,
      invocation: 0,
      invokedAtMs: 0,
      event: undefined,
      kill: (reason) => {
        environment.dead = true;
        died({ kind: 'exited', fault: { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${environment.ordinal} Error: ${reason}` } });
      },
    };
    this.environments.set(caller, environment);
    this.options.onStart?.(environment);
    const coldStartMs = chance.whole(150, 900);
    let handle: Handle | undefined;
    return {
      init: async () => {
        await sleep(kernel.clock, coldStartMs);
        return undefined;
      },
      invoke: (request) => Promise.race([death, this.serve(request, environment, () => (handle ??= this.compose(spec, environment)))]),
      end: async () => {
        environment.dead = true;
        this.environments.delete(caller);
      },
    };
  }

  async close(): Promise<void> {
    for (const environment of this.environments.values()) environment.dead = true;
  }

  private async serve(request: InvocationRequest, environment: SimulatedEnvironment, handle: () => Handle): Promise<InvocationOutcome> {
    environment.invocation += 1;
    environment.invokedAtMs = this.options.foundation.kernel.clock.nowMs();
    environment.event = JSON.parse(request.payload) as unknown;
    try {
      const answer = await handle()(environment.event);
      return { kind: 'returned', payload: JSON.stringify(answer) ?? 'null' };
    } catch (thrown) {
      return { kind: 'failed', fault: faultOf(thrown) };
    }
  }

  private compose(spec: EnvironmentSpec, environment: SimulatedEnvironment): Handle {
    const { foundation, skewMs, patch, wrap, log } = this.options;
    const { clock, region } = foundation.kernel;
    const at = (level: string) => (message: string, fields: Record<string, unknown> = {}) => log?.(environment.functionName, level, message, fields);
    const logger: Logger = { info: at('info'), warn: at('warn'), error: at('error') };
    return compose({
      functionName: environment.functionName,
      environment: { ...spec.variables, AWS_REGION: region, AWS_LAMBDA_FUNCTION_NAME: spec.functionName },
      transport: this.transport(environment),
      clock: { nowMs: () => clock.nowMs() + skewMs(environment.functionName) },
      log: logger,
      patch: patch && ((parts) => patch(parts, environment)),
      wrap,
    });
  }

  private transport(environment: SimulatedEnvironment): Transport {
    const { foundation, door, requestHandler, slack: slackTransport } = this.options;
    const { kernel } = foundation;
    const { expiration: _, ...credentials } = kernel.credentials.issue(environment.caller, KEY_LIFETIME_MS);
    // A dead environment hears of no answer, so nothing follows from one.
    const whileAlive = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
      if (environment.dead) return never();
      try {
        const answer = await call();
        return environment.dead ? never() : answer;
      } catch (error) {
        if (environment.dead) return never();
        throw error;
      }
    };
    const wire = requestHandler();
    const handler: InProcessRequestHandler = { ...wire, handle: (request, options) => whileAlive(() => wire.handle(request, options)) };
    const options: AwsOptions = { region: kernel.region, maxAttempts: 4, credentials, endpoint: 'http://aws.test', requestHandler: handler };
    const guarded = <Client extends object>(client: Client): Client => {
      const sdk = client as unknown as { send: (command: unknown) => Promise<unknown> };
      const send = sdk.send.bind(sdk);
      sdk.send = (command) => whileAlive(() => send(command));
      return client;
    };
    const streaming = { handle: async (request: HttpRequest) => streamed(await handler.handle(request)) } as unknown as HttpHandler;
    const slack: Transport['slack'] = slackTransport && {
      deadline: slackTransport.deadline,
      fetch: (url, init) => whileAlive(() => slackTransport.fetch(url, init, () => environment.kill('signal: killed'))),
      sleep: (durationMs) => whileAlive(() => slackTransport.sleep(durationMs)),
    };
    if (door === 'wire') return { options, streaming, slack, client: (Class, given) => new Class(given), table: openTable };
    const line: Line = { kernel, caller: environment.caller, credentials, wire: handler };
    return {
      options,
      streaming,
      slack,
      client: (Class, given) => guarded(quickClient(Class, given, line)),
      table: (name, given) => ({ name, client: guarded(quickDocumentClient(DynamoDBClient, given, line)) }),
    };
  }
}

const streamed = ({ response }: { response: { statusCode: number; headers: Record<string, string>; body: Uint8Array } }) => ({ response: { ...response, body: [response.body] } });
