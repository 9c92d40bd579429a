// ListServiceDeployments, DescribeServiceDeployments, StopServiceDeployment, ContinueServiceDeployment, DescribeServiceRevisions.
import type {
  ContinueServiceDeploymentCommandInput, ContinueServiceDeploymentCommandOutput, DescribeServiceDeploymentsCommandInput, DescribeServiceDeploymentsCommandOutput,
  DescribeServiceRevisionsCommandInput, DescribeServiceRevisionsCommandOutput, ListServiceDeploymentsCommandInput, ListServiceDeploymentsCommandOutput,
  StopServiceDeploymentCommandInput, StopServiceDeploymentCommandOutput,
} from '@aws-sdk/client-ecs';
import { AwsError, NotModelled } from '../../kernel/errors.ts';
import { partsOf } from '../arns.ts';
import { clientFault, conflict, invalidParameter } from '../faults.ts';
import { seenDeployment, seenDeployments } from '../read-lag.ts';
import type { RevisionRecord } from '../state.ts';
import { isTerminal } from '../state.ts';
import { deploymentBrief } from '../views/deployment-view.ts';
import { revisionView } from '../views/revision-view.ts';
import type { World } from '../world.ts';
import { nowMs } from '../world.ts';
import type { Operations } from './define.ts';
import { operation, page } from './define.ts';
import { findDeployment, findService } from './find.ts';
import { onDeploymentPart, onService, onServiceAndDeployment } from './permissions.ts';

const PER_CALL = 20;
const OLDEST_FILTER_MS = 90 * 24 * 3_600_000;
const HOOK_ID = /^ecs-[a-z]+-[A-Za-z0-9_-]+$/;

export function serviceDeploymentOperations(world: World): Operations {
  return {
    ListServiceDeployments: operation<ListServiceDeploymentsCommandInput, ListServiceDeploymentsCommandOutput>({
      permissions: (input) => [onService(world, 'ListServiceDeployments', { service: input.service ?? '', cluster: input.cluster })],
      handle: (input) => {
        const service = findService(world, { service: input.service ?? '', cluster: input.cluster });
        const after = input.createdAt?.after?.getTime() ?? -Infinity;
        const before = input.createdAt?.before?.getTime() ?? Infinity;
        if (Number.isFinite(after) && after < nowMs(world) - OLDEST_FILTER_MS) throw invalidParameter('The createdAt filter cannot be older than 90 days.');
        const matching = seenDeployments(world, service)
          .filter((view) => {
            const createdAtMs = view.createdAt?.getTime() ?? 0;
            return createdAtMs > after && createdAtMs < before && (!input.status?.length || (view.status !== undefined && input.status.includes(view.status)));
          })
          .reverse();
        const { items, nextToken } = page(matching, input, PER_CALL);
        return { serviceDeployments: items.map(deploymentBrief), nextToken };
      },
    }),

    DescribeServiceDeployments: operation<DescribeServiceDeploymentsCommandInput, DescribeServiceDeploymentsCommandOutput>({
      permissions: ({ serviceDeploymentArns = [] }) => serviceDeploymentArns.map((arn) => onDeploymentPart(world, 'DescribeServiceDeployments', arn)),
      handle: ({ serviceDeploymentArns = [] }) => {
        if (serviceDeploymentArns.length === 0 || serviceDeploymentArns.length > PER_CALL) throw invalidParameter(`serviceDeploymentArns must have between 1 and ${PER_CALL} items.`);
        const found = serviceDeploymentArns.map((arn) => {
          const deployment = world.deploymentsByArn.get(arn);
          return { arn, view: deployment && seenDeployment(world, deployment.service, arn) };
        });
        return {
          serviceDeployments: found.flatMap(({ view }) => (view ? [view] : [])),
          failures: found.flatMap(({ arn, view }) => (view ? [] : [{ arn, reason: 'MISSING' }])),
        };
      },
    }),

    StopServiceDeployment: operation<StopServiceDeploymentCommandInput, StopServiceDeploymentCommandOutput>({
      permissions: (input) => onServiceAndDeployment(world, 'StopServiceDeployment', input.serviceDeploymentArn ?? ''),
      handle: (input) => {
        if (input.stopType === 'ABORT') throw new NotModelled('StopServiceDeployment: stopType ABORT');
        const deployment = findDeployment(world, input.serviceDeploymentArn ?? '');
        if (isTerminal(deployment)) throw conflict('The service deployment cannot be stopped because it is in a terminal state.');
        if (deployment.status === 'PENDING' || deployment.status === 'IN_PROGRESS') {
          deployment.status = 'ROLLBACK_REQUESTED';
          // In CLEAN_UP the old tasks are already going: the request loses the race and the deployment ends SUCCESSFUL.
          if (deployment.stage !== 'CLEAN_UP') {
            deployment.course.interrupt({ kind: 'rollBack', cause: 'requested', reason: 'Service deployment rolled back because of a StopServiceDeployment request.' });
          }
          world.changed(deployment.service);
        }
        return { serviceDeploymentArn: deployment.arn };
      },
    }),

    ContinueServiceDeployment: operation<ContinueServiceDeploymentCommandInput, ContinueServiceDeploymentCommandOutput>({
      permissions: (input) => onServiceAndDeployment(world, 'ContinueServiceDeployment', input.serviceDeploymentArn ?? ''),
      handle: (input) => {
        const deployment = findDeployment(world, input.serviceDeploymentArn ?? '');
        if (!HOOK_ID.test(input.hookId ?? '')) throw invalidParameter('Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}');
        if (isTerminal(deployment)) throw clientFault('Continuing a service deployment is not allowed for service deployment in terminal states.');
        const hook = deployment.hooks.find((candidate) => candidate.id === input.hookId);
        if (!hook?.answer || deployment.status !== 'IN_PROGRESS') {
          throw new AwsError(world.kernel.switches.usedHookIdError, 'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN');
        }
        const action = input.action ?? 'CONTINUE';
        if (action === 'ROLLBACK') deployment.status = 'ROLLBACK_REQUESTED';
        hook.answer(action);
        return { serviceDeploymentArn: deployment.arn };
      },
    }),

    DescribeServiceRevisions: operation<DescribeServiceRevisionsCommandInput, DescribeServiceRevisionsCommandOutput>({
      permissions: ({ serviceRevisionArns = [] }) => serviceRevisionArns.map((arn) => onDeploymentPart(world, 'DescribeServiceRevisions', arn)),
      handle: ({ serviceRevisionArns = [] }) => {
        if (serviceRevisionArns.length === 0 || serviceRevisionArns.length > PER_CALL) throw invalidParameter(`serviceRevisionArns must have between 1 and ${PER_CALL} items.`);
        const found = serviceRevisionArns.map((arn) => ({ arn, revision: findRevision(world, arn) }));
        return {
          serviceRevisions: found.flatMap(({ revision }) => (revision ? [revisionView(revision)] : [])),
          failures: found.flatMap(({ arn, revision }) => (revision ? [] : [{ arn, reason: 'MISSING' }])),
        };
      },
    }),
  };
}

function findRevision(world: World, arn: string): RevisionRecord | undefined {
  const [kind, cluster = '', service = '', number] = partsOf(arn) ?? [];
  if (kind !== 'service-revision') return undefined;
  return world.clusters.get(cluster)?.services.get(service)?.revisions.find((revision) => revision.number === number);
}
