// `slipway history`: what was released, newest first, how long it took, and who approved it.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '../../core/duration.ts';
import type { ReleaseSummary, ReleaseView } from '../../core/view/model.ts';
import { type CommonOptions, command, connect, type Context, say, show, withConnection } from '../command.ts';
import type { ConnectionOptions } from '../connect.ts';
import type { ControlClient } from '../control-client.ts';
import { CliError, EXIT_OF_OUTCOME } from '../exit.ts';
import { findPipeline } from '../find-release.ts';
import { newestFirst } from '../history.ts';
import { clockTime, table } from '../print.ts';
import { describeState, imageName, stateColour, SURFACES } from '../show-release.ts';

interface Options extends CommonOptions, ConnectionOptions {
  pipeline?: string;
  outcome?: string;
  /** Epoch milliseconds. */
  since?: number;
  until?: number;
  limit: number;
}

/** What `--json` answers. */
export interface HistoryAnswer {
  releases: ReleaseView[];
  /** For --until, to see what is older; absent at the end. */
  next?: string;
}

const LIMIT = 20;
const LIMIT_MAX = 500;
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
    .option('--until <time>', 'only those started before', moment)
    .option('--limit <number>', `how many, at most ${LIMIT_MAX}`, toLimit, LIMIT)
    .action(async (options: Options) => {
      if (options.since !== undefined && options.until !== undefined && options.since >= options.until) throw new CliError('badInput', 'there is nothing between --since and --until', { hint: '--since is the earlier of the two.' });
      const client = await connect(options, context);
      const { releases, more, lookedAt } = await read(client, options);
      const views = await viewsOf(client, releases);
      const last = releases.at(-1);
      const next = more && last !== undefined ? last.createdAt : undefined;
      const answer: HistoryAnswer = { releases: views, ...(next !== undefined && { next }) };
      show(options, context, answer, () => historyTable(views, context));
      if (lookedAt >= LOOKED_AT_MAX) say(context, `Looked at ${lookedAt} releases; say --pipeline or --since to look further.`);
      else if (next !== undefined) say(context, `There are older ones: add --until ${next}`);
    });
}

async function read(client: ControlClient, { pipeline, outcome, since, until, limit }: Options): Promise<{ releases: ReleaseSummary[]; more: boolean; lookedAt: number }> {
  const names = pipeline === undefined ? (await client.listPipelines()).pipelines.map((one) => one.name) : [(await findPipeline(client, pipeline)).name];
  const releases: ReleaseSummary[] = [];
  let lookedAt = 0;
  for await (const release of newestFirst(client, names, Math.min(100, limit + 1))) {
    const createdAtMs = Date.parse(release.createdAt);
    if (lookedAt >= LOOKED_AT_MAX || (since !== undefined && createdAtMs < since)) break;
    lookedAt += 1;
    if ((until !== undefined && createdAtMs >= until) || (outcome !== undefined && release.outcome !== outcome)) continue;
    if (releases.length === limit) return { releases, more: true, lookedAt };
    releases.push(release);
  }
  return { releases, more: false, lookedAt };
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

/** A moment, or a duration before now. */
function toMoment(text: string, nowMs: number): number {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return nowMs - agoMs;
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('Write 7d for seven days ago, or a date: 2026-11-23, 2026-11-23T12:00:00Z.');
  return atMs;
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) throw new InvalidArgumentError(`It is a whole number from 1 to ${LIMIT_MAX}.`);
  return limit;
}
