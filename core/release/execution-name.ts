// Names of the executions that carry one release: the release id, then `-x2`, `-x3` ... for those that take over from one
// that ended early. The name follows from the one that ended, so hearing of one end twice starts one execution.

const EXECUTIONS_MAX = 4;

/** Undefined when the release has had its share. */
export function nextExecutionName(releaseId: string, endedExecutionName: string): string | undefined {
  const ended = endedExecutionName === releaseId ? 1 : Number(endedExecutionName.slice(`${releaseId}-x`.length));
  return Number.isInteger(ended) && ended >= 1 && ended < EXECUTIONS_MAX ? `${releaseId}-x${ended + 1}` : undefined;
}
