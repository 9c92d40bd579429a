import { fromEnv } from '@aws-sdk/credential-provider-env';
import { systemClock } from '../../adapters/clock.ts';
import { required } from '../../adapters/environment.ts';
import { sender } from '../../adapters/functions.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { slackWorld } from '../shared/slack-world.ts';
import { aws, tableName } from '../shared/world.ts';
import { slack } from './slack.ts';

export const handler = lambda('slack', (log) => {
  const table = openTable(tableName(), aws());
  const send = sender({ region: aws().region, credentials: fromEnv(), endpoint: process.env['AWS_ENDPOINT_URL'] });
  const signalFunction = required(process.env, 'SIGNAL_FUNCTION');
  return slack({
    releases: releasesIn(table),
    timeline: timelineIn(table),
    // The signal function rings: it is retried until it has, and this one need not know Step Functions.
    doorbell: { ring: (releaseId) => send(signalFunction, { ring: releaseId }) },
    slack: slackWorld(),
    send,
    names: { self: required(process.env, 'AWS_LAMBDA_FUNCTION_NAME'), announce: required(process.env, 'ANNOUNCE_FUNCTION') },
    clock: systemClock,
    log,
  });
});
