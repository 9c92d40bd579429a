// A whole world on this machine: the local cloud, Slipway's packaged stack in it, and the example service with its pipeline.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { ECRClient } from '@aws-sdk/client-ecr';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { pushImageFolder } from '../local-cloud/ecr/push.ts';
import { fastPhysics, type Physics } from '../local-cloud/kernel/physics.ts';
import { startLocalCloud, type LocalCloud, type ServeOptions } from '../local-cloud/serve.ts';
import { packagedArtefact } from './package.ts';
import { startSlack, type SlackLookAlike } from './slack/server.ts';
import { outputOf, Stacks } from './stacks.ts';

const ROOT = join(import.meta.dirname, '..');
export const EXAMPLE = join(ROOT, 'examples', 'checkout');
const OPERATOR = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface WorldOptions {
  port: number;
  say: (line: string) => void;
  physics?: Partial<Physics>;
  /** Faults of the cloud, and eyes on it. */
  cloud?: Pick<ServeOptions, 'intercept' | 'events' | 'switches' | 'seed'>;
  /** The specification to apply; the example's own by default. */
  specification?: string;
  endOnSignals?: boolean;
  /** A Slack look-alike beside it, with Slipway's app in it. */
  slack?: boolean;
  /** How the CLI is run; in a process of its own by default. */
  cli?: RunCli;
  beforeClose?: () => Promise<void>;
}

/** A fault ordered from the example service; see examples/checkout/build-image.mjs. */
export interface Version {
  version: string;
  errorRate?: number;
  latencyMs?: number;
  crashAtStart?: boolean;
}

export interface CliAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the CLI against the local cloud at `endpoint`, as a person. */
export type RunCli = (endpoint: string, person: string | undefined, words: readonly string[]) => Promise<CliAnswer>;

export interface World {
  local: LocalCloud;
  region: string;
  controlUrl: string;
  tableName: string;
  stateMachineArn: string;
  slack: SlackLookAlike | undefined;
  /** Addresses of the load balancers, by environment. */
  urls: { staging: string; production: string };
  productionRuleArn: string;
  push(version: Version): Promise<string>;
  /** Runs the real CLI, as a person. */
  cli(person: string | undefined, ...args: string[]): Promise<CliAnswer>;
  close(): Promise<void>;
}

export const clientOptions = (url: string, region: string) => ({ region, endpoint: url, credentials: OPERATOR });

export async function startWorld(options: WorldOptions): Promise<World> {
  const { say } = options;
  const artefact = await packagedArtefact(say);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-world-'));
  const slack = options.slack === true ? await startSlack({ folder: join(import.meta.dirname, 'slack') }) : undefined;
  const removeFolder = async () => {
    await slack?.close();
    await rm(folder, { recursive: true, force: true });
  };
  say('starting the local cloud');
  const local = await startLocalCloud({
    ...options.cloud,
    port: options.port,
    physics: { ...fastPhysics, ...options.physics },
    endOnSignals: options.endOnSignals ?? true,
    beforeClose: async () => {
      await options.beforeClose?.();
      await removeFolder();
    },
  }).catch(async (error: unknown) => {
    await removeFolder();
    throw error;
  });
  try {
    return await furnish(local, { folder, slack }, artefact, options);
  } catch (error) {
    await local.close();
    throw error;
  }
}

async function furnish(local: LocalCloud, { folder, slack }: { folder: string; slack: SlackLookAlike | undefined }, artefact: Awaited<ReturnType<typeof packagedArtefact>>, options: WorldOptions): Promise<World> {
  const { say, cli = cliProcess } = options;
  const { cloud, url } = local;
  const { region } = cloud.kernel;
  const stacks = new Stacks(new CloudFormationClient(clientOptions(url, region)));
  const ecr = new ECRClient(clientOptions(url, region));

  say('deploying Slipway from its package');
  await stacks.create('slipway-prod', artefact.createTemplate);
  const bucket = await stacks.physicalId('slipway-prod', 'ServerlessDeploymentBucket');
  for (const [key, content] of artefact.packages) cloud.artefacts.put(bucket, key, content);
  const slipway = await stacks.update('slipway-prod', artefact.template, slack ? await slackParameters(slack, url, region) : { SlackSecretArn: '' });
  slack?.connect(outputOf(slipway, 'SlackUrl'));

  const push = async (version: Version): Promise<string> => {
    const out = join(folder, version.version);
    const flags = [
      ...(version.errorRate === undefined ? [] : ['--error-rate', String(version.errorRate)]),
      ...(version.latencyMs === undefined ? [] : ['--latency-ms', String(version.latencyMs)]),
      ...(version.crashAtStart ? ['--crash-at-start'] : []),
    ];
    await promisify(execFile)(process.execPath, [join(EXAMPLE, 'build-image.mjs'), '--version', version.version, '--out', out, ...flags]);
    return (await pushImageFolder(ecr, { folder: out, repositoryName: 'shop/checkout', tag: version.version })).digest;
  };

  say('deploying the example: two clusters, two load balancers, version 1.0.0');
  const template = await readFile(join(EXAMPLE, 'template.yml'), 'utf8');
  await stacks.create('checkout', template, { DesiredCount: '0' });
  await push({ version: '1.0.0' });
  await stacks.update('checkout', template, { DesiredCount: '2' });

  const world: World = {
    local,
    region,
    slack,
    controlUrl: outputOf(slipway, 'ControlUrl'),
    tableName: outputOf(slipway, 'TableName'),
    stateMachineArn: outputOf(slipway, 'StateMachineArn'),
    urls: { staging: await listenerUrl(local, stacks, 'StagingListener'), production: await listenerUrl(local, stacks, 'ProductionListener') },
    productionRuleArn: await stacks.physicalId('checkout', 'ProductionRule'),
    push,
    cli: (person, ...words) => cli(url, person, words),
    close: () => local.close(),
  };
  say('applying examples/checkout/slipway.yml');
  const applied = await world.cli('alice', 'apply', '--file', options.specification ?? join(EXAMPLE, 'slipway.yml'));
  if (applied.code !== 0) throw new Error(`slipway apply failed:\n${applied.stderr}${applied.stdout}`);
  return world;
}

/** What somebody does who installs the app: the secret, and the parameters that name it. */
async function slackParameters(slack: SlackLookAlike, url: string, region: string): Promise<Record<string, string>> {
  const secrets = new SecretsManagerClient(clientOptions(url, region));
  const SecretString = JSON.stringify({ botToken: slack.botToken, signingSecret: slack.signingSecret });
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'slipway/slack', SecretString }));
  return { SlackSecretArn: ARN, SlackApiUrl: slack.apiUrl };
}

/** Where this machine reaches a listener of the example's stack. */
async function listenerUrl(local: LocalCloud, stacks: Stacks, logicalId: string): Promise<string> {
  const listenerArn = await stacks.physicalId('checkout', logicalId);
  const listener = local.cloud.endpoints().listeners.find((candidate) => candidate.listenerArn === listenerArn);
  if (!listener) throw new Error(`the listener ${logicalId} of the example is not served`);
  return listener.url;
}

/** What follows `slipway`, for the local cloud. */
export const localWords = (person: string | undefined, words: readonly string[]): string[] => [...words, '--local', ...(person === undefined ? [] : ['--as', person])];
export const localEnvironment = (endpoint: string): Record<string, string | undefined> => ({ ...process.env, SLIPWAY_LOCAL_ENDPOINT: endpoint, NO_COLOR: '1' });

/** As a shell would. */
export const cliProcess: RunCli = (endpoint, person, words) =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'cli', 'slipway.mjs'), ...localWords(person, words)], { cwd: ROOT, env: localEnvironment(endpoint) }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
  });
