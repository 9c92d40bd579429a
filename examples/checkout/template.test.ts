// The example's template and specification, held against what they are written for: CloudWatch, Slipway's own parser, and cfn-lint.
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ScalarTag } from 'yaml';
import { parseSpecification, warningsOf } from '../../core/pipeline/index.ts';
import { CloudWatchModel } from '../../local-cloud/cloudwatch/index.ts';
import { testKernel } from '../../local-cloud/testing/kernel.ts';

const HERE = join(process.cwd(), 'examples', 'checkout');
const read = (file: string) => readFileSync(join(HERE, file), 'utf8');

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

/** References become the text they refer to: `!Ref X` is `X`, `!GetAtt X.Y` is `X.Y`. */
const short = (name: string): ScalarTag => ({ tag: `!${name}`, resolve: (text: string) => text });
const template = parse(read('template.yml'), { customTags: [short('Ref'), short('GetAtt'), short('Sub')] }) as { Resources: Record<string, Resource> };
const properties = (logicalId: string) => template.Resources[logicalId]!.Properties;

const MINUTE_MS = 60_000;

async function withAlarm(logicalId: string) {
  const cloud = testKernel();
  const model = new CloudWatchModel(cloud.kernel, { events: { emit: () => undefined } });
  cloud.register(model);
  const alarm = properties(logicalId) as unknown as PutMetricAlarmInput;
  await cloud.call('monitoring', 'PutMetricAlarm', alarm);
  const record = (group: string, metricName: string, value: number) => {
    const LoadBalancer = group === 'Staging' ? 'StagingLoadBalancer.LoadBalancerFullName' : 'ProductionLoadBalancer.LoadBalancerFullName';
    model.record({ namespace: 'AWS/ApplicationELB', metricName, dimensions: { LoadBalancer, TargetGroup: `${group}TargetGroup.TargetGroupFullName` }, value });
  };
  const traffic = (group: string, requests: number, errors: number, errorMetric = 'HTTPCode_Target_5XX_Count') => {
    record(group, 'RequestCount', requests);
    if (errors > 0) record(group, errorMetric, errors); // as AWS: no error, no datapoint
  };
  const stateAfterAMinute = async () => {
    await cloud.clock.advance(MINUTE_MS + 2_000);
    return model.stateOf(alarm.AlarmName!);
  };
  return { record, traffic, stateAfterAMinute };
}

describe('checkout-5xx', () => {
  test('is quiet without traffic, and with traffic that works', async () => {
    const { traffic, stateAfterAMinute } = await withAlarm('ProductionErrorsAlarm');
    expect(await stateAfterAMinute()).toBe('OK');
    traffic('Blue', 1000, 50);
    traffic('Green', 50, 0);
    expect(await stateAfterAMinute()).toBe('OK');
  });

  test.each(['Blue', 'Green'])('sees a bad canary with 5 %% of the traffic when %s is the canary', async (canary) => {
    const { traffic, stateAfterAMinute } = await withAlarm('ProductionErrorsAlarm');
    traffic(canary === 'Blue' ? 'Green' : 'Blue', 950, 0);
    traffic(canary, 50, 10);
    expect(await stateAfterAMinute()).toBe('ALARM');
  });

  test('counts connections that a target refused', async () => {
    const { traffic, stateAfterAMinute } = await withAlarm('ProductionErrorsAlarm');
    traffic('Green', 50, 10, 'TargetConnectionErrorCount');
    expect(await stateAfterAMinute()).toBe('ALARM');
  });
});

test.each([
  [2, 'ALARM'],
  [1, 'OK'],
])('checkout-p99 with %i slow answers in a hundred of the slower fleet is %s', async (slow, state) => {
  const { record, stateAfterAMinute } = await withAlarm('ProductionLatencyAlarm');
  for (let answer = 0; answer < 100; answer++) {
    record('Blue', 'TargetResponseTime', 0.02);
    record('Green', 'TargetResponseTime', answer < slow ? 1.4 : 0.02);
  }
  expect(await stateAfterAMinute()).toBe(state);
});

test('checkout-staging-5xx fires when more than 5 % of the answers are errors', async () => {
  const { traffic, stateAfterAMinute } = await withAlarm('StagingErrorsAlarm');
  traffic('Staging', 100, 5);
  expect(await stateAfterAMinute()).toBe('OK');
  traffic('Staging', 100, 6);
  expect(await stateAfterAMinute()).toBe('ALARM');
});

test('slipway.yml is valid, without a warning, and speaks of services and alarms that the template makes', () => {
  const parsed = parseSpecification(parse(read('slipway.yml')));
  expect(parsed).not.toHaveProperty('faults');
  if (!parsed.ok) return;
  expect(warningsOf(parsed.specification)).toEqual([]);
  const [pipeline] = parsed.specification.pipelines;
  expect(pipeline?.image.repository).toBe(properties('Repository')['RepositoryName']);
  const alarms = Object.values(template.Resources).flatMap((resource) => (resource.Type === 'AWS::CloudWatch::Alarm' ? [resource.Properties['AlarmName']] : []));
  expect(alarms).toEqual(expect.arrayContaining(pipeline?.stages.flatMap((stage) => stage.alarms) ?? ['none']));
  const services = ['Staging', 'Production'].map((environment) => ({
    cluster: properties(`${environment}Cluster`)['ClusterName'],
    name: properties(`${environment}Service`)['ServiceName'],
    container: (properties(`${environment}TaskDefinition`)['ContainerDefinitions'] as { Name: string }[])[0]?.Name,
  }));
  expect(pipeline?.stages.map((stage) => stage.service)).toEqual(services);
});

test('cfn-lint, where it is installed, finds nothing in the template', () => {
  const lint = spawnSync('cfn-lint', [join(HERE, 'template.yml')], { encoding: 'utf8' });
  if (lint.error) {
    process.stderr.write('cfn-lint is not installed: the template was not checked with it\n');
    return;
  }
  expect({ status: lint.status, findings: lint.stdout }).toEqual({ status: 0, findings: '' });
}, 60_000);
