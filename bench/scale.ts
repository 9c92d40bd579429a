// What an event costs with many releases in flight: calls, items and time of the function `signal`, which hears every event.
import { releasesIn } from '../adapters/records/releases.ts';
import { openTable } from '../adapters/records/table.ts';
import { watchesIn } from '../adapters/records/watches.ts';
import { alarmArnOf, type Place } from '../core/arn.ts';
import { parseSpecification } from '../core/pipeline/index.ts';
import { newRelease } from '../core/release/create.ts';
import type { Artefact } from '../rehearsal/package.ts';
import { World } from '../rehearsal/simulation/world.ts';
import type { Figure } from './figures.ts';

const SIZES = [1, 10, 100, 1_000];
const SIGNALS = 20;
const LIMIT_MS = 60_000;

interface Touched {
  inFlight: number;
  calls: number;
  itemsRead: number;
  itemsWritten: number;
  scans: number;
  releasesRung: number;
}

export async function measureScale(artefact: Artefact, say: (line: string) => void): Promise<{ figures: Figure[]; rows: Touched[] }> {
  const rows: Touched[] = [];
  for (const inFlight of SIZES) {
    const row = await touched(artefact, inFlight);
    say(`${inFlight} in flight: per signal ${row.calls} calls, ${row.itemsRead} items read, ${row.itemsWritten} written, ${row.scans} scans`);
    rows.push(row);
  }
  const [few, many] = [rows[0], rows.at(-1)];
  if (!few || !many) throw new Error('nothing was measured');
  const records = (row: Touched) => row.itemsRead + row.itemsWritten;
  const group = 'scale';
  return {
    rows,
    figures: [
      { group, name: `records touched per signal, ${many.inFlight} in flight`, value: records(many), unit: '', target: records(few), note: `the target is what one release in flight costs` },
      { group, name: 'calls to DynamoDB per signal', value: many.calls, unit: '', target: few.calls },
      { group, name: 'scans', value: many.scans, unit: '', note: 'must be none' },
    ],
  };
}

async function touched(artefact: Artefact, inFlight: number): Promise<Touched> {
  return World.run({ seed: 1, artefact }, [], async (world) => {
    const place: Place = { region: world.cloud.kernel.region, accountId: world.cloud.kernel.accountId };
    await world.await(putInFlight(world, place, inFlight));
    const seen = { calls: 0, itemsRead: 0, itemsWritten: 0, scans: 0 };
    let rung = 0;
    world.watchers.push({
      called: (call, environment, outcome) => {
        if (environment?.functionName !== 'signal' || call.signingName !== 'dynamodb') return;
        seen.calls += 1;
        if (call.operation === 'Scan') seen.scans += 1;
        const read = 'answer' in outcome ? (outcome.answer as { ScannedCount?: number }).ScannedCount : undefined;
        if (read !== undefined) seen.itemsRead += read;
        else seen.itemsWritten += 1;
        if (call.operation === 'UpdateItem') rung += 1;
      },
    });
    const firing = new Set<string>();
    for (let signal = 1; signal <= SIGNALS; signal++) {
      const alarm = alarmOf((signal * 7) % inFlight);
      // Only a change of state is an event.
      if (!firing.delete(alarm)) firing.add(alarm);
      await world.setAlarm(alarm, firing.has(alarm) ? 'ALARM' : 'OK');
      if (!(await world.until(() => rung >= signal, LIMIT_MS))) throw new Error(`only ${rung} of ${signal} signals rang a release`);
    }
    const per = (count: number) => count / SIGNALS;
    return { inFlight, calls: per(seen.calls), itemsRead: per(seen.itemsRead), itemsWritten: per(seen.itemsWritten), scans: seen.scans, releasesRung: per(rung) };
  });
}

const alarmOf = (index: number): string => `service-${index}-5xx`;

/** Records as image-pushed and take-service leave them, written by the production adapters. */
async function putInFlight(world: World, place: Place, inFlight: number): Promise<void> {
  const table = openTable(world.slipway.tableName, { region: place.region, maxAttempts: 1, credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, endpoint: 'http://aws.test', requestHandler: world.cloud.requestHandler });
  const [releases, watches] = [releasesIn(table), watchesIn(table)];
  for (let index = 0; index < inFlight; index++) {
    const parsed = parseSpecification({
      pipelines: {
        [`service-${index}`]: {
          image: { repository: `shop/service-${index}`, tags: { semver: '1.x' } },
          stages: [{ name: 'production', service: { cluster: 'prod', name: `service-${index}`, container: 'app' }, strategy: 'rolling', alarms: [alarmOf(index)] }],
        },
      },
    });
    const pipeline = parsed.ok ? parsed.specification.pipelines[0] : undefined;
    if (!pipeline) throw new Error('the specification is not valid');
    const nowMs = world.clock.nowMs();
    const image = { repository: pipeline.image.repository, registry: `${place.accountId}.dkr.ecr.${place.region}.amazonaws.com`, tag: '1.0.0', digest: `sha256:${index.toString(16).padStart(64, '0')}` };
    const { release, stages } = newRelease({ pipeline, people: {}, specificationVersion: 1, image, author: undefined, pushedAtMs: nowMs, attempt: 1 }, place, nowMs);
    // Digests that differ only at their end would give one id.
    const own = { ...release, id: `${release.id}-${index}` };
    await releases.create(own, stages, 'once');
    await watches.add({ releaseId: own.id, stageIndex: 0 }, [stages[0]?.serviceArn ?? '', alarmArnOf(place, alarmOf(index))]);
    await world.operate('monitoring', 'PutMetricAlarm', {
      AlarmName: alarmOf(index), Namespace: 'Bench', MetricName: 'Nothing', Statistic: 'Maximum', Period: 86_400, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore',
    });
  }
}
