// CloudWatch alarms as a deployment watches them: polled; ignored for the whole deployment when one was hot at its start.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
import { every } from '../../kernel/clock.ts';
import type { DeploymentRecord, Stage } from '../state.ts';
import { strategyOf } from '../state.ts';
import type { World } from '../world.ts';
import { detectionActs } from './breaker.ts';
import { touch } from './stage.ts';

/** Strategies that shift traffic watch their alarms from the first shift on. */
const BEFORE_TRAFFIC: readonly Stage[] = ['RECONCILE_SERVICE', 'PRE_SCALE_UP', 'SCALE_UP', 'POST_SCALE_UP'];

export function watchAlarms(world: World, deployment: DeploymentRecord): void {
  const configured = deployment.configuration.alarms;
  if (!configured?.enable) return;
  const hot = (configured.alarmNames ?? []).filter((name) => world.ports.alarms.stateOf(name) === 'ALARM');
  const { alarmHotAtStart } = world.kernel.switches;
  deployment.alarms.watched = hot.length > 0 && alarmHotAtStart === 'disablesAll' ? [] : (configured.alarmNames ?? []).filter((name) => !hot.includes(name));
  if (deployment.alarms.watched.length === 0) return;
  deployment.alarms.status = 'MONITORING';
  deployment.watches.push(every(world.kernel.clock, world.kernel.physics.ecsAlarmPollMs, () => poll(world, deployment)));
}

function poll(world: World, deployment: DeploymentRecord): void {
  if (!detectionActs(world, deployment)) return;
  if (strategyOf(deployment.configuration) !== 'ROLLING' && deployment.stage && BEFORE_TRAFFIC.includes(deployment.stage)) return;
  const triggered = deployment.alarms.watched.filter((name) => world.ports.alarms.stateOf(name) === 'ALARM');
  if (triggered.length === 0) return;
  deployment.alarms.status = 'TRIGGERED';
  deployment.alarms.triggered = triggered;
  touch(world, deployment);
  const because = `because one or more CloudWatch alarms were triggered: ${triggered.join(', ')}.`;
  if (deployment.configuration.alarms?.rollback) deployment.course.interrupt({ kind: 'rollBack', cause: 'alarm', reason: `Service deployment rolled back ${because}` });
  else deployment.course.interrupt({ kind: 'fail', cause: 'alarm', reason: `Service deployment failed ${because}` });
}
