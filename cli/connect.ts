// Finds the cloud a command means: whose credentials, which region, and where the Control API is.

import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { SignatureV4Init } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';
import { ControlClient } from './control-client.ts';
import { CliError, codeOf, messageOf, nameOf } from './exit.ts';
import type { World } from './world.ts';

export interface ConnectionOptions {
  url?: string;
  stack?: string;
  region?: string;
  local?: boolean;
  as?: string;
}

type Credentials = SignatureV4Init['credentials'];

export interface Cloud {
  region: string;
  /** Undefined: the SDK's own. */
  endpoint: string | undefined;
  credentials: Credentials;
}

const LOCAL_ENDPOINT = 'http://127.0.0.1:4577';
const LOCAL_REGION = 'eu-west-1';
/** The keys of the local cloud's operator; they open nothing else. */
const LOCAL_OPERATOR: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const DEFAULT_STACK = 'slipway-prod';
const PEOPLE_ROLE = 'slipway-people';
const RENEW_BEFORE_MS = 5 * 60_000;

export async function connectCloud(options: ConnectionOptions, world: World): Promise<Cloud> {
  if (options.local === true) {
    const endpoint = world.env['SLIPWAY_LOCAL_ENDPOINT'] ?? LOCAL_ENDPOINT;
    const cloud = { region: options.region ?? LOCAL_REGION, endpoint, credentials: LOCAL_OPERATOR };
    return options.as === undefined ? cloud : { ...cloud, credentials: await assumePerson(options.as, cloud, world) };
  }
  if (options.as !== undefined) {
    throw new CliError('badInput', '--as works only together with --local', { hint: 'In AWS you are who your credentials say: set AWS_PROFILE to act as somebody else.' });
  }
  // The client knows the default chains of region and credentials; asking it keeps them the same as everywhere else.
  const client = new CloudFormationClient(options.region === undefined ? {} : { region: options.region });
  const region = await client.config.region().catch((error: unknown) => {
    throw new CliError('badInput', 'the region is not known', { hint: 'Give --region, or set AWS_REGION; for the local cloud, give --local.', cause: error });
  });
  return { region, endpoint: undefined, credentials: client.config.credentials };
}

/** @param signal gives up whatever the client is asking. */
export async function connectControl(options: ConnectionOptions, world: World, signal?: AbortSignal): Promise<ControlClient> {
  const given = options.url ?? world.env['SLIPWAY_URL'];
  const url = given === undefined || (options.local === true && options.url === undefined) ? undefined : parseUrl(given);
  const regionOfUrl = url === undefined ? undefined : /\.lambda-url\.([a-z0-9-]+)\./.exec(url.hostname)?.[1];
  const cloud = await connectCloud({ ...options, ...(options.region === undefined && regionOfUrl !== undefined && { region: regionOfUrl }) }, world);
  return new ControlClient({ url: url ?? (await lookUpUrl(options, cloud, world)), region: cloud.region, credentials: cloud.credentials, sleep: world.sleep, ...(signal !== undefined && { signal }) });
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CliError('badInput', `${JSON.stringify(text)} is not a URL`, { hint: 'It is the output ControlUrl of the stack, and starts with https://.' });
  }
  return new URL(text);
}

export function stackNameOf(options: Pick<ConnectionOptions, 'stack'>, world: Pick<World, 'env'>): string {
  return options.stack ?? world.env['SLIPWAY_STACK'] ?? DEFAULT_STACK;
}

async function lookUpUrl(options: ConnectionOptions, cloud: Cloud, world: World): Promise<URL> {
  const stackName = stackNameOf(options, world);
  const client = new CloudFormationClient(clientSettings(cloud));
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const output = Stacks?.[0]?.Outputs?.find((one) => one.OutputKey === 'ControlUrl')?.OutputValue;
    if (output === undefined) throw new CliError('notFound', `the stack ${stackName} has no output ControlUrl`, { hint: 'Is it a stack of Slipway? Name another with --stack, or give the URL with --url.' });
    return parseUrl(output);
  } catch (error) {
    throw cloudError(error, {
      notFound: /does not exist/,
      message: `there is no stack ${stackName} in ${cloud.region}`,
      hint: 'Deploy Slipway, name its stack with --stack, or give the URL with --url (or SLIPWAY_URL).',
    });
  }
}

async function assumePerson(name: string, cloud: Cloud, world: World): Promise<Credentials> {
  const client = new STSClient(clientSettings(cloud));
  try {
    const { Account } = await client.send(new GetCallerIdentityCommand({}));
    const assume = async (): Promise<AwsCredentialIdentity> => {
      const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${Account ?? ''}:role/${PEOPLE_ROLE}`, RoleSessionName: name }));
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = Credentials ?? {};
      if (accessKeyId === undefined || secretAccessKey === undefined) throw new CliError('cloudError', 'STS answered without credentials');
      return { accessKeyId, secretAccessKey, sessionToken, expiration };
    };
    let current = await assume();
    // A session lasts an hour, a dashboard longer.
    return async () => {
      if ((current.expiration?.getTime() ?? Infinity) - world.nowMs() < RENEW_BEFORE_MS) current = await assume();
      return current;
    };
  } catch (error) {
    throw cloudError(error, { notFound: /NoSuchEntity/, message: `there is no role ${PEOPLE_ROLE}`, hint: `Nobody can act as ${name} until the local cloud has the role ${PEOPLE_ROLE}.` });
  }
}

export function clientSettings(cloud: Cloud): { region: string; endpoint?: string; credentials: Credentials } {
  return { region: cloud.region, credentials: cloud.credentials, ...(cloud.endpoint !== undefined && { endpoint: cloud.endpoint }) };
}

/** An error of an AWS service, as an end of a command. */
export function cloudError(error: unknown, known?: { notFound: RegExp; message: string; hint: string }): CliError {
  if (error instanceof CliError) return error;
  const name = nameOf(error) ?? '';
  const text = `${name}: ${messageOf(error)}`;
  if (known?.notFound.test(text)) return new CliError('notFound', known.message, { hint: known.hint, cause: error });
  if (/AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|SignatureDoesNotMatch/.test(name)) return new CliError('notAllowed', messageOf(error), { code: name, cause: error });
  if (/CredentialsProviderError/.test(name)) {
    return new CliError('notAllowed', messageOf(error), { hint: 'Sign in (`aws sso login`), set AWS_PROFILE, or use --local for the local cloud.', cause: error });
  }
  const refused = /ECONNREFUSED/.test(text) || codeOf(error) === 'ECONNREFUSED';
  return new CliError('cloudError', refused ? 'the cloud does not answer' : messageOf(error), { hint: refused ? 'Is the local cloud running? Start it with `slipway local`.' : undefined, cause: error });
}
