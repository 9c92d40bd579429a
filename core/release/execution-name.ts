// Names of the executions that carry one release: the release id, then `-x2`, `-x3` ... for those that take over from one
// that ended early, and `.1`, `.2` ... behind either for those that take over from one whose history grew long. The name
// follows from the one before, so hearing of one end twice starts one execution.

const RESCUES_MAX = 3;

interface Execution {
  /** 1 for the first, one more for every rescue. */
  life: number;
  handOvers: number;
}

/** Undefined when the name is not one that this release's executions have. */
function executionOf(releaseId: string, name: string): Execution | undefined {
  const suffix = name.startsWith(releaseId) ? /^(?:-x([1-9]\d*))?(?:\.([1-9]\d*))?$/.exec(name.slice(releaseId.length)) : null;
  return suffix === null ? undefined : { life: Number(suffix[1] ?? 1), handOvers: Number(suffix[2] ?? 0) };
}

/** Whether nobody was there before this one. */
export function isFirstExecution(releaseId: string, name: string): boolean {
  const execution = executionOf(releaseId, name);
  return execution?.life === 1 && execution.handOvers === 0;
}

export type NextExecution = { kind: 'next'; name: string } | { kind: 'enough'; announcer: string } | { kind: 'foreign' };

/** Who takes over from an execution that ended early; when the release has had its share, `announcer` only tells its end. */
export function nextExecution(releaseId: string, endedExecutionName: string): NextExecution {
  const ended = executionOf(releaseId, endedExecutionName);
  if (!ended) return { kind: 'foreign' };
  const name = `${releaseId}-x${ended.life + 1}`;
  return ended.life > RESCUES_MAX ? { kind: 'enough', announcer: name } : { kind: 'next', name };
}

/** Who takes over from an execution that has lived long; undefined when that one is not of this release. */
export function handOverName(releaseId: string, executionName: string): string | undefined {
  const old = executionOf(releaseId, executionName);
  return old && `${releaseId}${old.life === 1 ? '' : `-x${old.life}`}.${old.handOvers + 1}`;
}
