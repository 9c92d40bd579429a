import { concernedBy } from './concerned.ts';

const SERVICE = 'arn:aws:ecs:us-west-2:111122223333:service/prod/web';
const envelope = { version: '0', id: 'x', account: '111122223333', time: '2026-11-01T00:17:22Z', region: 'us-west-2' };
const deployment = {
  ...envelope,
  'detail-type': 'ECS Deployment State Change',
  source: 'aws.ecs',
  resources: [SERVICE],
  detail: { eventType: 'INFO', eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS', clusterArn: 'arn:aws:ecs:us-west-2:111122223333:cluster/prod', deploymentId: 'ecs-svc/6177963417134325488', updatedAt: '2026-11-01T00:17:22Z', reason: 'ECS deployment ecs-svc/6177963417134325488 in progress.' },
};
const hook = {
  ...envelope,
  'detail-type': 'ECS Hook State Change',
  source: 'aws.ecs',
  resources: ['arn:aws:ecs:us-west-2:111122223333:service-deployment/prod/web/0EYSiB0qap8xf0N76FsbE'],
  detail: { eventType: 'INFO', eventName: 'HOOK_AWAITING_ACTION', hookId: 'ecs-pause-e7tK9G', hookType: 'PAUSE', lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT', serviceArn: SERVICE, serviceDeploymentArn: 'x', updatedAt: '2026-03-05T15:54:41.618059641Z' },
};
const action = { ...envelope, 'detail-type': 'ECS Service Action', source: 'aws.ecs', resources: [SERVICE], detail: { eventType: 'INFO', eventName: 'SERVICE_STEADY_STATE' } };
const task = {
  ...envelope,
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  resources: ['arn:aws:ecs:us-west-2:111122223333:task/prod/a1'],
  detail: { taskArn: 'x', clusterArn: 'arn:aws:ecs:us-west-2:111122223333:cluster/prod', group: 'service:web', startedBy: 'ecs-svc/6177963417134325488', lastStatus: 'STOPPED' },
};
const ALARM = 'arn:aws:cloudwatch:us-west-2:111122223333:alarm:web-5xx';
const alarm = { ...envelope, 'detail-type': 'CloudWatch Alarm State Change', source: 'aws.cloudwatch', resources: [ALARM], detail: { alarmName: 'web-5xx', state: { value: 'ALARM', timestamp: '2026-10-02T17:04:40.989+0000' } } };

it.each([
  ['a deployment', deployment, SERVICE],
  ['a hook', hook, SERVICE],
  ['a service', action, SERVICE],
  ['a task of a service', task, SERVICE],
  ['an alarm', alarm, ALARM],
])('%s rings for the one ARN it is about', (_, event, arn) => {
  expect(concernedBy(event)).toEqual({ kind: 'ring', arns: [arn] });
});

it.each([
  ['a task on its own', { ...task, detail: { ...task.detail, group: 'family:web' } }],
  ['a task of nothing', { ...task, detail: { clusterArn: 'x' } }],
  ['an event of something else', { ...deployment, source: 'aws.ec2' }],
  ['an event type of next year', { ...deployment, 'detail-type': 'ECS Moon Phase Change' }],
])('%s is ignored', (_, event) => {
  expect(concernedBy(event).kind).toBe('ignored');
});

it.each([
  ['a deployment without a resource', { ...deployment, resources: [] }],
  ['a hook without its service', { ...hook, detail: { ...hook.detail, serviceArn: 7 } }],
  ['a task without its cluster', { ...task, detail: { group: 'service:web' } }],
  ['an alarm without a resource', { ...alarm, resources: [] }],
  ['resources that are no list', { ...alarm, resources: ALARM }],
  ['no region', { ...task, region: undefined }],
  ['nothing', undefined],
  ['text', 'x'],
])('%s is malformed', (_, event) => {
  expect(concernedBy(event).kind).toBe('malformed');
});
