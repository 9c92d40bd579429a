// Items as @aws-sdk/util-dynamodb marshals them, with `removeUndefinedValues`. It asks each value for its constructor's name before
// it comes to strings; what records are made of (texts, whole numbers, lists, plain objects) is told apart here, the rest is left to it.
import { convertToAttr, convertToNative, type NativeAttributeValue } from '@aws-sdk/util-dynamodb';

type AttributeValue = Parameters<typeof convertToNative>[0];

const OPTIONS = { removeUndefinedValues: true };

export function marshalled(value: Record<string, unknown>): Record<string, AttributeValue> {
  const item: Record<string, AttributeValue> = {};
  for (const name in value) {
    const member = value[name];
    if (typeof member !== 'function' && member !== undefined) item[name] = attributeOf(member);
  }
  return item;
}

function attributeOf(value: unknown): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'boolean':
      return { BOOL: value };
    case 'number':
      if (Number.isSafeInteger(value)) return { N: value.toString() };
      break;
    case 'object':
      if (value === null) return { NULL: true };
      if (Array.isArray(value)) return { L: value.filter((item) => typeof item !== 'function' && item !== undefined).map(attributeOf) };
      if (Object.getPrototypeOf(value) === Object.prototype) return { M: marshalled(value as Record<string, unknown>) };
      break;
    default:
      break;
  }
  return convertToAttr(value as NativeAttributeValue, OPTIONS);
}

export function unmarshalled(item: Record<string, AttributeValue>): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const name of Object.keys(item)) value[name] = nativeOf(item[name] as AttributeValue);
  return value;
}

function nativeOf(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.M !== undefined) return unmarshalled(attribute.M);
  if (attribute.L !== undefined) return attribute.L.map(nativeOf);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  return convertToNative(attribute);
}
