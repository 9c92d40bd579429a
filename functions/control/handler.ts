import { fromEnv } from '@aws-sdk/credential-provider-env';
import { systemClock } from '../../adapters/clock.ts';
import { required } from '../../adapters/environment.ts';
import { invoker, sender } from '../../adapters/functions.ts';
import { freezesIn } from '../../adapters/records/freezes.ts';
import { holdsIn } from '../../adapters/records/holds.ts';
import { releasesIn } from '../../adapters/records/releases.ts';
import { specificationsIn } from '../../adapters/records/specifications.ts';
import { openTable } from '../../adapters/records/table.ts';
import { timelineIn } from '../../adapters/records/timeline.ts';
import { lambda } from '../shared/lambda.ts';
import { aws, place, tableName } from '../shared/world.ts';
import { control } from './control.ts';

export const handler = lambda('control', (log) => {
  const table = openTable(tableName(), aws());
  const caller = { region: aws().region, credentials: fromEnv(), endpoint: process.env['AWS_ENDPOINT_URL'] };
  const send = sender(caller);
  const signalFunction = required(process.env, 'SIGNAL_FUNCTION');
  const announceFunction = process.env['ANNOUNCE_FUNCTION'];
  return control({
    specifications: specificationsIn(table),
    releases: releasesIn(table),
    holds: holdsIn(table),
    freezes: freezesIn(table),
    timeline: timelineIn(table),
    invoke: invoker(caller),
    names: { preflightFunction: required(process.env, 'PREFLIGHT_FUNCTION'), imagePushedFunction: required(process.env, 'IMAGE_PUSHED_FUNCTION'), observeFunction: required(process.env, 'OBSERVE_FUNCTION') },
    // The signal function rings: it is retried until it has, and this one need not know Step Functions.
    doorbell: { ring: (releaseId) => send(signalFunction, { ring: releaseId }) },
    ringServices: (ringArns) => send(signalFunction, { ringArns }),
    announce: async (releaseId) => (announceFunction ? send(announceFunction, { releaseId }) : undefined),
    place: place(),
    clock: systemClock,
    log,
  });
});
