// `npm run push -- VERSION [faults]`: makes a version of the example service, healthy or broken to order, and pushes it to the
// local cloud that runs. What a team's CI would do with docker.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { parseVersion } from '../../core/semver.ts';
import { pushImageFolder } from '../../local-cloud/ecr/push.ts';
import { DEFAULT_PORT } from '../../local-cloud/serve.ts';
import { clientOptions, EXAMPLE } from '../world.ts';

const USAGE = `usage: npm run push -- VERSION [--error-rate 0..1] [--latency-ms N] [--crash-after-ms N] [--crash-at-start]
for example: npm run push -- 1.2.0 --error-rate 0.2
The local cloud is the one at SLIPWAY_LOCAL_ENDPOINT, or on port ${DEFAULT_PORT}.`;
const REPOSITORY = 'shop/checkout';
const REGION = 'eu-west-1';

/** Something to tell in one line; everything else is a fault of this program. */
class Told extends Error {}

async function main(words: readonly string[]): Promise<void> {
  const { version, flags } = parseWords(words);
  const endpoint = process.env['SLIPWAY_LOCAL_ENDPOINT'] ?? `http://127.0.0.1:${DEFAULT_PORT}`;
  const ecr = new ECRClient({ ...clientOptions(endpoint, REGION), maxAttempts: 1 });
  const before = await digestOf(ecr, version, endpoint);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-push-'));
  try {
    await promisify(execFile)(process.execPath, [join(EXAMPLE, 'build-image.mjs'), '--version', version, '--out', folder, ...flags]).catch((error: unknown) => {
      throw new Told((error as { stderr?: string }).stderr?.trim() || String(error));
    });
    const { digest } = await pushImageFolder(ecr, { folder, repositoryName: REPOSITORY, tag: version });
    if (digest === before) throw new Told(`${REPOSITORY}:${version} is this very image already, so nothing was pushed: take another version.`);
    process.stdout.write(`pushed ${REPOSITORY}:${version} (${digest})\n`);
    process.stdout.write('its release: npx slipway status checkout --local\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parseWords(words: readonly string[]): { version: string; flags: string[] } {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: { 'error-rate': text, 'latency-ms': text, 'crash-after-ms': text, 'crash-at-start': { type: 'boolean' } },
      allowPositionals: true,
    });
    const [version, ...more] = positionals;
    if (version === undefined || more.length > 0) throw new Told(USAGE);
    if (parseVersion(version) === undefined) throw new Told(`${version} is not a version such as 1.2.0, and the pipeline takes nothing else.`);
    const { 'error-rate': errorRate = '0' } = values;
    if (!(Number(errorRate) >= 0 && Number(errorRate) <= 1)) throw new Told(`--error-rate is a share from 0 to 1, not ${errorRate}.`);
    return { version, flags: Object.entries(values).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)])) };
  } catch (error) {
    throw error instanceof Told ? error : new Told(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

async function digestOf(ecr: ECRClient, tag: string, endpoint: string): Promise<string | undefined> {
  try {
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: REPOSITORY, imageIds: [{ imageTag: tag }] }));
    return imageDetails?.[0]?.imageDigest;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'ImageNotFoundException') return undefined;
    if (name === 'RepositoryNotFoundException') throw new Told(`The local cloud at ${endpoint} has no repository ${REPOSITORY} yet: wait until \`npm start\` says that it is up.`);
    throw new Told(`Nothing answers at ${endpoint}: start the local cloud with \`npm start\`, or name another with SLIPWAY_LOCAL_ENDPOINT.`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Told ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = error instanceof Told && error.message.includes('usage:') ? 2 : 1;
}
