// Tries sabotages on every core, and the product as it is beside them; tells it as a table.
import { inProcesses } from '../processes.ts';
import { NOTHING, SABOTAGES, type SabotageResult } from './index.ts';

export interface Wanted {
  names: readonly string[];
  /** Histories drawn by chance only, as if nobody knew where to look. */
  byChance: boolean;
  first: number;
  seeds: number;
  processes: number;
}

const TEXT_LENGTH_MAX = 100;

export async function trySabotages({ names, byChance, first, seeds, processes }: Wanted, out: (line: string) => void, note: (line: string) => void): Promise<{ passed: number; failed: number }> {
  const results = new Map<string, SabotageResult>();
  const controlled = names.length === SABOTAGES.length && !byChance;
  // Dealt out like cards; the control, which plays every story, is a share of its own kind and comes first.
  const shares = Array.from({ length: Math.min(processes, names.length) }, (_, share) => names.filter((_name, index) => index % processes === share));
  if (controlled) shares.at(-1)?.unshift(NOTHING.name);
  await inProcesses<SabotageResult>('rehearsal/simulation/sabotage/main.ts', shares.map((share) => [byChance ? 'chance' : 'stories', String(first), String(seeds), ...share]), (result) => {
    results.set(result.name, result);
    note(`${results.size} of ${names.length + (controlled ? 1 : 0)}: ${result.name} ${result.caught ? `noticed by ${result.caught.invariant}` : 'seen by nobody'}`);
  });
  const tried = names.flatMap((name) => results.get(name) ?? []);
  for (const line of tableOf(tried)) out(line);
  const caught = tried.filter((result) => result.caught !== undefined).length;
  const control = results.get(NOTHING.name);
  if (control) out(control.caught ? `The product as it is FAILS ${control.caught.where}: ${control.caught.invariant}: ${control.caught.text}` : `The product as it is passes all ${control.stories} stories.`);
  const failed = names.length - caught + (control?.caught ? 1 : 0);
  return { passed: caught, failed };
}

export function tableOf(results: readonly SabotageResult[]): string[] {
  const rows = results.map(({ name, stories, seeds, caught }) => [name, caught?.invariant ?? 'MISSED', afterText(stories, seeds), caught?.where ?? '', shortened(caught?.text ?? '')]);
  const head = ['sabotage', 'noticed by', 'after', 'in', 'which says'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const afterText = (stories: number, seeds: number): string =>
  [...(stories > 0 ? [plural(stories, 'story', 'stories')] : []), ...(seeds > 0 ? [plural(seeds, 'seed', 'seeds')] : [])].join(', ');
const shortened = (text: string): string => (text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX - 1)}…` : text);
