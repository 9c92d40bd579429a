// Which ARNs an event concerns. The event is a doorbell, never a fact: nothing else is read from it.
import * as v from 'valibot';

const AnyEvent = v.object({
  source: v.string(),
  'detail-type': v.string(),
  region: v.string(),
  account: v.string(),
  resources: v.array(v.string()),
  detail: v.record(v.string(), v.unknown()),
});

/** From another function of Slipway: a decision was recorded about this release. */
const Named = v.object({ ring: v.string() });

/** From another function of Slipway: something changed for whoever watches these. */
const NamedArns = v.object({ ringArns: v.array(v.string()) });

export type Concerned = { kind: 'ring'; arns: string[] } | { kind: 'ringOne'; releaseId: string } | { kind: 'ignored'; reason: string } | { kind: 'malformed'; reason: string };

export function concernedBy(event: unknown): Concerned {
  const named = v.safeParse(Named, event);
  if (named.success) return { kind: 'ringOne', releaseId: named.output.ring };
  const services = v.safeParse(NamedArns, event);
  if (services.success) return { kind: 'ring', arns: services.output.ringArns };
  const parsed = v.safeParse(AnyEvent, event);
  if (!parsed.success) return { kind: 'malformed', reason: parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'event'}: ${issue.message}`).join('; ') };
  const { source, 'detail-type': type, region, account, resources, detail } = parsed.output;
  const text = (member: string): string | undefined => (typeof detail[member] === 'string' ? detail[member] : undefined);
  switch (`${source} ${type}`) {
    case 'aws.ecs ECS Deployment State Change':
    case 'aws.ecs ECS Service Action':
      return ring(resources[0], 'no service ARN');
    case 'aws.ecs ECS Hook State Change':
      return ring(text('serviceArn'), 'no detail.serviceArn');
    case 'aws.ecs ECS Task State Change': {
      const service = text('group')?.startsWith('service:') ? text('group')?.slice('service:'.length) : undefined;
      const cluster = text('clusterArn')?.split('/').at(-1);
      if (!service) return { kind: 'ignored', reason: 'not a task of a service' };
      return ring(cluster && `arn:aws:ecs:${region}:${account}:service/${cluster}/${service}`, 'no detail.clusterArn');
    }
    case 'aws.cloudwatch CloudWatch Alarm State Change':
      return ring(resources[0], 'no alarm ARN');
    default:
      return { kind: 'ignored', reason: `nothing here waits for ${source} ${type}` };
  }
}

const ring = (arn: string | undefined, otherwise: string): Concerned => (arn ? { kind: 'ring', arns: [arn] } : { kind: 'malformed', reason: otherwise });
