// Where tasks run: as processes of this machine, or only as a model of them.
export { ModelledTaskRunner, type TaskBehaviour } from './modelled-runner.ts';
export { ProcessTaskRunner, type ProcessTaskRunnerOptions } from './process-runner.ts';
