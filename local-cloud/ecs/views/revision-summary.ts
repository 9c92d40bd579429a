// Task counts and requested weights of one revision, as several answers carry them.
import type { ServiceRevisionSummary } from '@aws-sdk/client-ecs';
import type { RevisionRecord, TaskRecord } from '../state.ts';
import { requestedCount, tasksOf } from '../state.ts';

const PENDING: readonly TaskRecord['lastStatus'][] = ['PROVISIONING', 'PENDING', 'ACTIVATING'];

export function countsOf(revision: RevisionRecord): { requestedTaskCount: number; runningTaskCount: number; pendingTaskCount: number } {
  const tasks = tasksOf(revision);
  return {
    requestedTaskCount: requestedCount(revision),
    runningTaskCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTaskCount: tasks.filter((task) => task.desiredStatus === 'RUNNING' && PENDING.includes(task.lastStatus)).length,
  };
}

export function revisionSummary(revision: RevisionRecord, withWeights: boolean): ServiceRevisionSummary {
  const weights = { requestedTestTrafficWeight: revision.testWeight, requestedProductionTrafficWeight: revision.productionWeight };
  return { arn: revision.arn, ...countsOf(revision), ...(withWeights ? weights : {}) };
}
