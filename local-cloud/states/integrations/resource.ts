// The Resource of a Task state: which service, which action, which way of waiting.
import { NotModelled } from '../../kernel/errors.ts';

export type Pattern = 'requestResponse' | 'waitForTaskToken' | 'sync:2';

export type Resource =
  /** The ARN of a function itself: the oldest integration, with events of its own. */
  | { kind: 'function'; functionArn: string }
  | { kind: 'service'; resourceType: string; action: string; pattern: Pattern }
  | { kind: 'sdk'; resourceType: string; service: string; action: string; pattern: Exclude<Pattern, 'sync:2'> };

/** The optimized integrations that are modelled, with the ways they can wait. */
const OPTIMIZED: Record<string, readonly Pattern[]> = {
  'lambda:invoke': ['requestResponse', 'waitForTaskToken'],
  'sns:publish': ['requestResponse', 'waitForTaskToken'],
  'sqs:sendMessage': ['requestResponse', 'waitForTaskToken'],
  'events:putEvents': ['requestResponse', 'waitForTaskToken'],
  'dynamodb:getItem': ['requestResponse'],
  'dynamodb:putItem': ['requestResponse'],
  'dynamodb:updateItem': ['requestResponse'],
  'dynamodb:deleteItem': ['requestResponse'],
  'states:startExecution': ['requestResponse', 'waitForTaskToken', 'sync:2'],
};

/** Answers undefined for what AWS itself would not recognise; throws `NotModelled` for what only this model lacks. */
export function parseResource(arn: string): Resource | undefined {
  if (/^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/.test(arn)) return { kind: 'function', functionArn: arn };
  if (/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:/.test(arn)) throw new NotModelled('Step Functions activities');
  const match = /^arn:aws[a-z-]*:states:[a-z0-9-]*:\d{0,12}:(aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)(?:\.(waitForTaskToken|sync:2|sync))?$/.exec(arn);
  if (!match) return undefined;
  const [, sdk, service = '', action = '', suffix] = match;
  if (sdk) {
    if (suffix === 'sync' || suffix === 'sync:2') return undefined;
    return { kind: 'sdk', resourceType: `aws-sdk:${service}`, service, action, pattern: suffix === 'waitForTaskToken' ? suffix : 'requestResponse' };
  }
  const pattern = suffix ?? 'requestResponse';
  const modelled = OPTIMIZED[`${service}:${action}`];
  if (!modelled?.some((known) => known === pattern)) throw new NotModelled(`the Step Functions integration ${arn}`);
  return { kind: 'service', resourceType: service, action, pattern: pattern as Pattern };
}

/** The `resource` member of history events: `invoke.waitForTaskToken`. */
export const resourceName = ({ action, pattern }: Exclude<Resource, { kind: 'function' }>): string =>
  pattern === 'requestResponse' ? action : `${action}.${pattern}`;
