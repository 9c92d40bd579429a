// The world of the demo, to stay: the local cloud, Slipway in it, the example service under steady load, and a live account of
// every release, on the terminal and on the dashboard. `npm start` runs it (local/main.ts), and so does `slipway local`.
import { dashboardAs } from './local/dashboard.ts';
import { controlOf } from './demo/stage.ts';
import { startLoad } from './load.ts';
import { watchReleases } from './local/watch-releases.ts';
import { whatToTry } from './local/what-to-try.ts';
import { plainProgress } from './local/plain-progress.ts';
import type { Progress } from './demo/progress.ts';
import { startWorld } from './world.ts';

export interface StartOptions {
  /** 0 is any free port. */
  port: number;
  say: (line: string) => void;
  /** Where releases are shown as they go; plain lines to `say` by default. */
  progress?: Progress;
  /** Takes what to try next, line by line; `say` by default. */
  print?: (line: string) => void;
}

export interface StartedLocal {
  endpoint: string;
  /** Leaves no process, port, timer or file behind. Idempotent; SIGINT and SIGTERM do it too. */
  close(): Promise<void>;
}

const REQUESTS_PER_SECOND = 50;
/** The last minute or two: enough to say what serves now. */
const ANSWERS_MAX = 6_000;

export async function startLocal({ port, say, progress = plainProgress(say), print = say }: StartOptions): Promise<StartedLocal> {
  const stops: (() => Promise<void>)[] = [];
  const world = await startWorld({
    port,
    say,
    slack: true,
    beforeClose: async () => {
      say('stopping');
      await Promise.all(stops.map((stop) => stop()));
    },
  });
  const load = startLoad(world.urls.production, REQUESTS_PER_SECOND, { answersMax: ANSWERS_MAX });
  stops.push(() => load.stop());
  const endpoint = world.local.url;
  const dashboard = await dashboardAs('alice', world);
  stops.push(() => dashboard.close());
  const stateMachineArn = `arn:aws:states:${world.region}:${world.local.cloud.kernel.accountId}:stateMachine:slipway-prod-release`;
  for (const line of whatToTry({ endpoint, region: world.region, urls: world.urls, dashboardUrl: dashboard.url, slackUrl: world.slack?.url, stateMachineArn, requestsPerSecond: REQUESTS_PER_SECOND })) print(line);
  const watch = watchReleases({ control: controlOf(world), progress, load });
  stops.push(() => watch.stop());
  return { endpoint, close: () => world.close() };
}
