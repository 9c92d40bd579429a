// What is new between two looks at a release, as lines: for those who read from top to bottom instead of looking at a picture.

import { unreachable } from '../core/errors.ts';
import type { ReleaseView, StageView, TimelineEntry } from '../core/view/model.ts';
import { clean } from './print.ts';
import { describeState, describeWaiting, imageName, tellEntry } from './show-release.ts';

export interface Change {
  /** `story` is what the record tells; `now` is what this look saw. */
  kind: 'story' | 'now';
  at: string;
  text: string;
}

export function changesBetween(before: ReleaseView | undefined, view: ReleaseView, nowMs: number): Change[] {
  const known = before?.id === view.id ? before : undefined;
  const now = (text: string): Change => ({ kind: 'now', at: new Date(nowMs).toISOString(), text: clean(text) });
  // By content, not by count: an entry may be written late and belong between others.
  const told = new Set((known?.timeline ?? []).map(keyOf));
  return [
    ...(known === undefined ? [now(`${view.id}: ${view.pipeline} ${imageName(view)}`)] : []),
    ...view.timeline.filter((entry) => !told.has(keyOf(entry))).map((entry): Change => ({ kind: 'story', at: entry.at, text: tellEntry(entry) })),
    ...view.stages.flatMap((stage) => {
      const waiting = worthTelling(stage);
      const same = known?.stages.some((one) => one.name === stage.name && worthTelling(one) === waiting) === true;
      return waiting === undefined || same || stage.waitingFor === undefined ? [] : [now(`${stage.name}: ${describeWaiting(stage.waitingFor, nowMs)}`)];
    }),
    ...(view.status === 'ended' && known?.status !== 'ended' ? [now(`${view.id} ${describeState(view)}: ${view.reason}`)] : []),
  ];
}

const keyOf = (entry: TimelineEntry): string => [entry.at, entry.stage, entry.kind, entry.text, entry.by].join('\n');

/** Differs when there is something new to say; ECS being at work between two weights is not. */
function worthTelling({ status, weightPercent, waitingFor }: StageView): string | undefined {
  if (status === 'ended' || waitingFor === undefined) return undefined;
  switch (waitingFor.kind) {
    case 'approval':
      return `approval ${weightPercent ?? ''} ${(waitingFor.given ?? []).join()}`;
    case 'bake':
      return `bake ${weightPercent ?? ''}`;
    case 'turn':
    case 'freeze':
    case 'alarmData':
    case 'rollback':
      return waitingFor.kind;
    case 'deployment':
      return undefined;
    default:
      return unreachable(waitingFor.kind);
  }
}
