// Why did tasks die? Exit codes and stop reasons from ECS, and the last words from their log streams.
import type { CloudWatchLogsClient} from '@aws-sdk/client-cloudwatch-logs';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTaskDefinitionCommand, DescribeTasksCommand, ListTasksCommand, type ECSClient, type Task } from '@aws-sdk/client-ecs';
import type { Failure } from '../../core/release/model.ts';
import { isAwsError } from '../aws.ts';
import type { ServiceName } from './services.ts';

const TASKS_SHOWN = 3;
const LOG_LINES_SHOWN = 10;
const LOG_LINE_LENGTH_MAX = 300;

export type Failures = ReturnType<typeof failuresIn>;

export function failuresIn(ecs: ECSClient, logs: CloudWatchLogsClient) {
  return {
    /** Stopped tasks of one service revision, newest first, and what the newest logged last. */
    async of({ cluster, name }: ServiceName, revisionId: string): Promise<Pick<Failure, 'stoppedTasks' | 'lastLogLines'>> {
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName: name, desiredStatus: 'STOPPED' }));
      if (taskArns.length === 0) return { stoppedTasks: [], lastLogLines: [] };
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns.slice(0, 100) }));
      const ours = tasks
        .filter((task) => task.startedBy === `ecs-svc/${revisionId}`)
        .filter((task) => task.stopCode !== 'ServiceSchedulerInitiated' && task.stopCode !== 'UserInitiated')
        .sort((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0));
      const newest = ours[0];
      return {
        stoppedTasks: ours.slice(0, TASKS_SHOWN).map((task) => ({
          taskArn: task.taskArn ?? '',
          stoppedReason: task.stoppedReason ?? 'no reason given',
          exitCodes: (task.containers ?? []).map((container) => ({ container: container.name ?? '', exitCode: container.exitCode, reason: container.reason })),
        })),
        lastLogLines: newest ? await lastLinesOf(newest) : [],
      };
    },
  };

  async function lastLinesOf(task: Task): Promise<string[]> {
    const died = task.containers?.find((container) => container.exitCode !== undefined && container.exitCode !== 0) ?? task.containers?.[0];
    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn }));
    const log = taskDefinition?.containerDefinitions?.find((definition) => definition.name === died?.name)?.logConfiguration;
    const group = log?.options?.['awslogs-group'];
    const prefix = log?.options?.['awslogs-stream-prefix'];
    if (log?.logDriver !== 'awslogs' || !group || !prefix || !died?.name) return [];
    try {
      const stream = `${prefix}/${died.name}/${task.taskArn?.split('/').at(-1) ?? ''}`;
      const { events = [] } = await logs.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit: LOG_LINES_SHOWN, startFromHead: false }));
      return events.map((event) => (event.message ?? '').slice(0, LOG_LINE_LENGTH_MAX));
    } catch (error) {
      if (isAwsError(error, 'ResourceNotFoundException')) return []; // The container never wrote a line.
      if (isAwsError(error, 'AccessDeniedException')) return [`(Slipway may not read the log group ${group}; add it to the parameter ServiceLogGroups)`];
      throw error;
    }
  }
}
