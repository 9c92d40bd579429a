// Subscription filter policies, on message attributes or on the message body.
// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import { parsePattern } from '../events/pattern.ts';
import { AwsError } from '../kernel/errors.ts';
import { parseJson, parseObject } from '../kernel/json.ts';

export type FilterScope = 'MessageAttributes' | 'MessageBody';

export interface MessageFilter {
  accepts(message: { body: string; attributes: Record<string, MessageAttributeValue> }): boolean;
}

/** The operators are those of event patterns; attribute policies are flat and see each attribute as a string, number or list. */
export function parseFilterPolicy(text: string, scope: FilterScope): MessageFilter {
  let matches: (event: unknown) => boolean;
  try {
    if (text.replaceAll(/\s/g, '') === '{}') matches = () => true;
    else matches = parsePattern(text);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code === 'NotImplemented') throw error;
    throw new AwsError('InvalidParameterException', `Invalid parameter: FilterPolicy: ${error.message.replace('Event pattern is not valid. Reason: ', '')}`, { httpStatus: 400 });
  }
  if (scope === 'MessageBody') {
    return {
      accepts: ({ body }) => {
        const parsed = parseObject(body);
        return parsed !== undefined && matches(parsed);
      },
    };
  }
  return { accepts: ({ attributes }) => matches(Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, valueOf(value)]))) };
}

function valueOf(attribute: MessageAttributeValue): unknown {
  const text = attribute.StringValue ?? '';
  const type = attribute.DataType ?? 'String';
  if (type === 'Number') return Number(text);
  if (type !== 'String.Array') return text;
  const list = parseJson(text);
  return Array.isArray(list) ? list : text;
}
