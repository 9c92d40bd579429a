// ECS shifts traffic to a revision whose tasks have died since they were counted; nobody is let on without them.
import { HOUR_MS, MINUTE_MS } from '../duration.ts';
import { look, NOW_MS, observation, pausedAt, reachedAgo } from '../testing/samples.ts';
import { assess } from './assess.ts';

const tasks = (running: number, requested = 2) => ({ running, requested });
const at = (weightPercent: number, given: { running: number; requested: number } | undefined, sinceMs?: number) =>
  assess(look({ stage: reachedAgo(weightPercent, HOUR_MS, { shortOfTasksSinceMs: sinceMs }), observation: observation({ deployment: pausedAt(weightPercent, { tasks: given }) }) }));

test.each([[5], [10], [100]])('at %s %% a revision that lacks a task is held, and looked at again soon', (weightPercent) => {
  const { verdict, stage, entries } = at(weightPercent, tasks(1));
  expect(verdict).toMatchObject({ kind: 'wait', reason: 'the new revision has only 1 of 2 tasks', lookAgainAtMs: NOW_MS + 30_000 });
  expect(stage.shortOfTasksSinceMs).toBe(NOW_MS);
  expect(entries.at(-1)?.text).toContain('Held at');
});

test.each([[tasks(2)], [tasks(3)], [tasks(0, 0)], [undefined]])('with %j it goes on, and the lack is forgotten', (given) => {
  const { verdict, stage } = at(5, given, NOW_MS - MINUTE_MS);
  expect(verdict.kind).toBe('advance');
  expect(stage.shortOfTasksSinceMs).toBeUndefined();
});

test('a lack that lasts is a rollback, before ECS would roll back by itself', () => {
  expect(at(5, tasks(0), NOW_MS - 9 * MINUTE_MS).verdict.kind).toBe('wait');
  expect(at(5, tasks(0), NOW_MS - 10 * MINUTE_MS).verdict).toMatchObject({ kind: 'rollBack', reason: 'the new revision has only 0 of 2 tasks, and has lacked some for 10 min' });
});
