// `slipway history`: what was released, newest first, how long it took, and who approved it.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '../../core/duration.ts';
import type { ReleaseSummary, ReleaseView } from '../../core/view/model.ts';
import { type CommonOptions, command, connect, type Context, say, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import type { ControlClient } from '../control-client.ts';
import { CliError, EXIT_OF_OUTCOME } from '../exit.ts';
import { findPipeline } from '../find-release.ts';
import { clean, clockTime, table } from '../print.ts';
import { describeState, imageName, stateColour, SURFACES } from '../show-release.ts';

interface Options extends CommonOptions, ConnectionOptions {
  pipeline?: string;
  outcome?: string;
  /** Epoch milliseconds. */
  since?: number;
  until?: Until;
  limit: number;
}

/** Those started before a moment; with `after`, also those of that very moment that are listed after this release. */
interface Until {
  atMs: number;
  after?: string;
}

/** What `--json` answers. */
export interface HistoryAnswer {
  releases: ReleaseView[];
  /** For --until, to see what is older; absent at the end. */
  next?: string;
}

const LIMIT = 20;
const LIMIT_MAX = 500;
/** Of one answer of the control API. */
const PAGE_MAX = 100;
/** Views are read one by one; a few at a time are quick and spare the function. */
const READ_AT_ONCE = 5;
/** A filter that nothing matches must not read years of releases. */
const LOOKED_AT_MAX = 2_000;

export function historyCommand(context: Context): Command {
  const moment = (text: string): number => toMoment(text, context.world.nowMs());
  return withConnection(command('history', 'list releases, newest first: how long they took, and who approved them from where'))
    .option('--pipeline <pipeline>', 'only those of this pipeline')
    .addOption(new Option('--outcome <outcome>', 'only those that ended like this').choices(Object.keys(EXIT_OF_OUTCOME)))
    .option('--since <time>', 'only those started since then: 7d ago, or 2026-11-23', moment)
    .option('--until <time>', 'only those started before', (text): Until => toUntil(text, moment))
    .option('--limit <number>', `how many, at most ${LIMIT_MAX}`, toLimit, LIMIT)
    .action(async (options: Options) => {
      if (options.since !== undefined && options.until !== undefined && options.since >= options.until.atMs + (options.until.after === undefined ? 0 : 1)) throw new CliError('badInput', 'there is nothing between --since and --until', { hint: '--since is the earlier of the two.' });
      const client = await connect(options, context);
      const { releases, last, wearied } = await read(client, options);
      const views = await viewsOf(client, releases);
      const next = last && `${last.createdAt}/${last.id}`;
      const answer: HistoryAnswer = { releases: views, ...(next !== undefined && { next }) };
      show(options, context, answer, () => historyTable(views, context));
      if (next !== undefined) say(context, `${wearied ? `Looked at ${LOOKED_AT_MAX} releases, and there are older ones` : 'There are older ones'}: add --until ${clean(next)}`);
    });
}

/** `last`: where to go on, if there may be more. */
async function read(client: ControlClient, { pipeline, outcome, since, until, limit }: Options): Promise<{ releases: ReleaseSummary[]; last?: ReleaseSummary; wearied?: boolean }> {
  const name = pipeline === undefined ? undefined : (await findPipeline(client, pipeline)).name;
  const releases: ReleaseSummary[] = [];
  let last: ReleaseSummary | undefined;
  let lookedAt = 0;
  for await (const release of newestFirst(client, { pageSize: Math.min(PAGE_MAX, limit + 1), ...(name !== undefined && { pipeline: name }), ...(until !== undefined && { until }) })) {
    if (since !== undefined && Date.parse(release.createdAt) < since) break;
    if (last !== undefined && lookedAt >= LOOKED_AT_MAX) return { releases, last, wearied: true };
    if (outcome === undefined || release.outcome === outcome) {
      if (last !== undefined && releases.length === limit) return { releases, last };
      releases.push(release);
    }
    lookedAt += 1;
    last = release;
  }
  return { releases };
}

interface Wanted {
  pipeline?: string;
  until?: Until;
  pageSize: number;
}

async function* newestFirst(client: ControlClient, { pipeline, until, pageSize }: Wanted): AsyncGenerator<ReleaseSummary, void> {
  const untilMs = until && until.atMs + (until.after === undefined ? 0 : 1);
  const query = { limit: pageSize, ...(pipeline !== undefined && { pipeline }), ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }) };
  // Of the moment of `after`, what comes before it in the list has been seen, and so has it.
  let seen = until?.after !== undefined;
  let next: string | undefined;
  do {
    const answer = await client.listReleases({ ...query, ...(next !== undefined && { next }) });
    for (const release of answer.releases) {
      const createdAtMs = Date.parse(release.createdAt);
      // An older Slipway knows no `until` and answers from the beginning.
      if (untilMs !== undefined && createdAtMs >= untilMs) continue;
      if (createdAtMs !== until?.atMs) seen = false;
      if (!seen) yield release;
      if (release.id === until?.after) seen = false;
    }
    next = answer.next;
  } while (next !== undefined);
}

async function viewsOf(client: ControlClient, releases: readonly ReleaseSummary[]): Promise<ReleaseView[]> {
  const views: ReleaseView[] = [];
  for (let from = 0; from < releases.length; from += READ_AT_ONCE) {
    views.push(...(await Promise.all(releases.slice(from, from + READ_AT_ONCE).map(({ id }) => client.getRelease(id)))));
  }
  return views;
}

function historyTable(releases: readonly ReleaseView[], context: Context): string {
  if (releases.length === 0) return 'Nothing has been released that fits.\n';
  const rows = releases.map((release) => [
    clockTime(release.createdAt),
    release.id,
    imageName(release),
    { text: describeState(release), colour: stateColour(release) },
    formatDuration((release.endedAt === undefined ? context.world.nowMs() : Date.parse(release.endedAt)) - Date.parse(release.createdAt)),
    approvers(release),
    release.reason,
  ]);
  return table(['STARTED (UTC)', 'RELEASE', 'IMAGE', 'STATE', 'TOOK', 'APPROVED BY', 'REASON'], rows, context);
}

/** `alice (Slack), bob (CLI)`: everybody once, with where they said it first. */
function approvers({ decisions = [] }: ReleaseView): string {
  const approvals = decisions.filter(({ kind }) => kind === 'approve');
  const first = approvals.filter(({ by }, index) => approvals.findIndex((one) => one.by === by) === index);
  return first.length === 0 ? '-' : first.map(({ by, via }) => `${by} (${SURFACES[via]})`).join(', ');
}

/** A moment, or what an answer before said under `next`: the moment of a release and its id. */
function toUntil(text: string, moment: (text: string) => number): Until {
  const slash = text.indexOf('/');
  return slash === -1 ? { atMs: moment(text) } : { atMs: moment(text.slice(0, slash)), after: text.slice(slash + 1) };
}

/** A moment, or a duration before now. */
function toMoment(text: string, nowMs: number): number {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return Math.max(0, nowMs - agoMs);
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('Write 7d for seven days ago, or a date: 2026-11-23, 2026-11-23T12:00:00Z.');
  return atMs;
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) throw new InvalidArgumentError(`It is a whole number from 1 to ${LIMIT_MAX}.`);
  return limit;
}
