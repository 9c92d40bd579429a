// What the provider of one resource gets to work with.
import type { Kernel } from '../kernel/kernel.ts';
import { uuid } from '../kernel/random.ts';
import type { ProviderContext } from './provider.ts';
import type { Stack, StackWish } from './stack.ts';
import { isRecord } from './template.ts';

export function contextOf(kernel: Kernel, stack: Stack, wish: StackWish, logicalId: string): ProviderContext {
  return {
    kernel,
    stackName: stack.name,
    stackId: stack.id,
    logicalId,
    call: async (signingName, operation, input) => {
      const answer = await kernel.call(stack.caller, signingName, operation, input);
      return isRecord(answer) ? answer : {};
    },
    tags: (own) => {
      const merged = new Map<string, string>();
      const given = Array.isArray(own) ? own.filter(isRecord) : isRecord(own) ? Object.entries(own).map(([Key, Value]) => ({ Key, Value })) : [];
      for (const tag of [...wish.tags, ...given]) merged.set(String(tag.Key), String(tag.Value));
      return [...merged].map(([Key, Value]) => ({ Key, Value }));
    },
    generatedName: (lengthMax) => {
      const random = uuid(kernel.random).replaceAll('-', '').slice(0, 12).toUpperCase();
      return `${`${stack.name}-${logicalId}`.slice(0, lengthMax - 13)}-${random}`;
    },
  };
}
