// Time for every model of the local cloud. Models never read the machine's clock: they are given one of these.
//   Real    - timers fire in wall-clock time; delays past 2^31 ms are split (Node fires those at once).
//   Virtual - time stands still until somebody advances it; timers fire in order of (due time, order of creation).

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs `run` once, `delayMs` from now (never synchronously). A rejected promise or a throw goes to the clock's `onCrash`. */
  after(delayMs: number, run: () => void | Promise<void>): Timer;
}

/** Resolves after `delayMs` on the given clock. */
export const sleep = (clock: Clock, delayMs: number): Promise<void> => new Promise((resolve) => clock.after(delayMs, resolve));

/** Repeats `run` every `intervalMs`; the next interval starts when `run` has finished, so runs never overlap. */
export function every(clock: Clock, intervalMs: number, run: () => void | Promise<void>): Timer {
  let cancelled = false;
  let timer: Timer | undefined;
  const arm = () => {
    timer = clock.after(intervalMs, async () => {
      try {
        await run();
      } finally {
        if (!cancelled) arm();
      }
    });
  };
  arm();
  return {
    cancel: () => {
      cancelled = true;
      timer?.cancel();
    },
  };
}

type OnCrash = (error: unknown) => void;

const LONGEST_NODE_DELAY_MS = 2 ** 31 - 1;

export class RealClock implements Clock {
  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;
  private readonly onCrash: OnCrash;

  constructor(onCrash: OnCrash) {
    this.onCrash = onCrash;
  }

  nowMs(): number {
    return Date.now();
  }

  after(delayMs: number, run: () => void | Promise<void>): Timer {
    let handle: NodeJS.Timeout | undefined;
    let cancelled = this.closed;
    const arm = (leftMs: number) => {
      if (cancelled || this.closed) return;
      const sliceMs = Math.min(leftMs, LONGEST_NODE_DELAY_MS);
      handle = setTimeout(() => {
        if (handle) this.timers.delete(handle);
        if (leftMs > sliceMs) arm(leftMs - sliceMs);
        else runGuarded(run, this.onCrash);
      }, Math.max(0, sliceMs));
      this.timers.add(handle);
    };
    arm(delayMs);
    return {
      cancel: () => {
        cancelled = true;
        if (handle) {
          clearTimeout(handle);
          this.timers.delete(handle);
        }
      },
    };
  }

  /** Cancels everything; later `after` calls never fire. */
  close(): void {
    this.closed = true;
    for (const handle of this.timers) clearTimeout(handle);
    this.timers.clear();
  }
}

interface Entry {
  dueMs: number;
  order: number;
  run: () => void | Promise<void>;
}

export class VirtualClock implements Clock {
  private now: number;
  private order = 0;
  private readonly queue: Entry[] = []; // a binary heap on (dueMs, order)
  private readonly cancelled = new Set<Entry>();
  private readonly onCrash: OnCrash;

  constructor(startMs: number, onCrash: OnCrash) {
    this.now = startMs;
    this.onCrash = onCrash;
  }

  nowMs(): number {
    return this.now;
  }

  after(delayMs: number, run: () => void | Promise<void>): Timer {
    const entry: Entry = { dueMs: this.now + Math.max(0, delayMs), order: this.order++, run };
    push(this.queue, entry);
    return { cancel: () => void this.cancelled.add(entry) };
  }

  /** When the next timer is due, or undefined when nothing is scheduled. */
  nextDueMs(): number | undefined {
    this.dropCancelled();
    return this.queue[0]?.dueMs;
  }

  /** Fires the next timer and lets everything it started settle. Answers false when nothing is scheduled. */
  async step(): Promise<boolean> {
    this.dropCancelled();
    const entry = pop(this.queue);
    if (!entry) return false;
    this.now = Math.max(this.now, entry.dueMs);
    runGuarded(entry.run, this.onCrash);
    await settle();
    return true;
  }

  /** Fires every timer due within the next `durationMs` and leaves the clock exactly that much later. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.now + durationMs;
    await settle();
    for (let due = this.nextDueMs(); due !== undefined && due <= untilMs; due = this.nextDueMs()) await this.step();
    this.now = Math.max(this.now, untilMs);
  }

  /** Steps until `done()` holds; throws when `limitMs` of virtual time pass or nothing is left to happen. */
  async advanceUntil(done: () => boolean, limitMs: number): Promise<void> {
    const untilMs = this.now + limitMs;
    await settle();
    while (!done()) {
      const due = this.nextDueMs();
      if (due === undefined) throw new Error('virtual clock: nothing is scheduled and the awaited condition does not hold');
      if (due > untilMs) throw new Error(`virtual clock: the awaited condition did not hold within ${limitMs} ms`);
      await this.step();
    }
  }

  private dropCancelled(): void {
    for (let head = this.queue[0]; head && this.cancelled.has(head); head = this.queue[0]) {
      this.cancelled.delete(head);
      pop(this.queue);
    }
  }
}

/**
 * Lets promise chains run dry. Node runs what is queued for the next tick when no microtask is left, so one tick awaited from
 * within a microtask is enough for everything that waits for promises alone, and costs no turn of the event loop.
 */
export async function settle(): Promise<void> {
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
}

function runGuarded(run: () => void | Promise<void>, onCrash: OnCrash): void {
  try {
    const result = run();
    if (result instanceof Promise) result.catch(onCrash);
  } catch (error) {
    onCrash(error);
  }
}

const before = (a: Entry, b: Entry) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const parentEntry = heap[parent];
    if (!parentEntry || !before(entry, parentEntry)) break;
    heap[index] = parentEntry;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const head = heap[0];
  const last = heap.pop();
  if (!head || !last || heap.length === 0) return head;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const leftEntry = heap[left];
    if (!leftEntry) break;
    const rightEntry = heap[left + 1];
    const [child, childEntry] = rightEntry && before(rightEntry, leftEntry) ? [left + 1, rightEntry] : [left, leftEntry];
    if (!before(childEntry, last)) break;
    heap[index] = childEntry;
    index = child;
  }
  heap[index] = last;
  return head;
}
