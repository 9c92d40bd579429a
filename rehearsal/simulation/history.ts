// What happened in a simulated world, in order: the evidence when something is wrong, and the proof that a seed repeats itself.
import { createHash } from 'node:crypto';

export type Actor = 'slipway' | 'ecs' | 'traffic' | 'people' | 'fault' | 'notice' | 'events' | 'check' | 'execution' | 'slack';

export interface HistoryLine {
  atMs: number;
  actor: Actor;
  text: string;
}

export class History {
  readonly lines: HistoryLine[] = [];
  /** How often what happened, for statistics. */
  readonly marks = new Map<string, number>();
  private readonly nowMs: () => number;
  private readonly startMs: number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
    this.startMs = nowMs();
  }

  add(actor: Actor, text: string): void {
    this.lines.push({ atMs: this.nowMs(), actor, text });
  }

  mark(what: string): void {
    this.marks.set(what, (this.marks.get(what) ?? 0) + 1);
  }

  /** Two worlds of one seed have the same. */
  fingerprint(): string {
    const text = this.lines.map((line) => `${line.atMs} ${line.actor} ${line.text}\n`).join('');
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
  }

  /** One line per happening, with the time since the start: `+01:02:03.456`. */
  render(): string {
    return this.lines.map((line) => `${sinceText(line.atMs - this.startMs)} ${line.actor.padEnd(9)} ${line.text}`).join('\n');
  }
}

export function sinceText(sinceMs: number): string {
  const ms = Math.round(sinceMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(ms / 1000);
  return `+${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}
