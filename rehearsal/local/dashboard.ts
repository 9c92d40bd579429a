// The dashboard of the local world, as a person of the example: the page that `slipway dashboard` serves.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../../cli/control-client.ts';
import { startDashboard, type Dashboard } from '../../dashboard/serve.ts';
import type { World } from '../world.ts';

const PEOPLE_ROLE = 'slipway-people';
const TOKEN_BYTES = 24;
const RENEW_BEFORE_END_MS = 5 * 60_000;

export function dashboardAs(person: string, { local, region, controlUrl }: World): Promise<Dashboard> {
  const roleArn = `arn:aws:iam::${local.cloud.kernel.accountId}:role/${PEOPLE_ROLE}`;
  // Sessions end, and this page may stay open for days.
  let key = local.cloud.credentialsFor(roleArn, person);
  const credentials = async () => {
    if (key.expiration.getTime() - Date.now() < RENEW_BEFORE_END_MS) key = local.cloud.credentialsFor(roleArn, person);
    return key;
  };
  const api = new ControlClient({ url: new URL(controlUrl), region, credentials, sleep: (durationMs) => sleep(durationMs) });
  return startDashboard({ api, port: 0, token: randomBytes(TOKEN_BYTES).toString('base64url'), about: { cloud: 'local cloud', person } });
}
