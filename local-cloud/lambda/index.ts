// AWS Lambda and the two ways to run functions: in worker threads from their packages, or in this process for simulation.
export { InProcessFunctionRunner } from './in-process-runner.ts';
export type { InProcessContext, InProcessEnvironment, InProcessHandler } from './in-process-runner.ts';
export { LambdaModel } from './lambda-model.ts';
export type { LambdaPorts } from './lambda-model.ts';
export type { EnvironmentSpec, ExecutionEnvironment, FunctionFault, FunctionRunner, InvocationOutcome, InvocationRequest } from './runner.ts';
export { WorkerFunctionRunner } from './worker-runner.ts';
export type { RoleCredentials, WorkerRunnerOptions } from './worker-runner.ts';
export type { Artefacts } from './code.ts';
