// How fast the modelled world is. Behaviour never changes with these numbers, only its pace: a demo that shows a canary in
// seconds and a simulation of days use the same models with other physics.

export interface Physics {
  /** Length of one "minute" of ECS's own timers: bake times and pause timeouts, which the API counts in minutes. */
  ecsMinuteMs: number;
  /** How often the service scheduler looks at a service that has something to do. */
  schedulerTickMs: number;
  /** Task life: waiting for capacity, pulling the image, and from pulled to RUNNING. */
  taskProvisioningMs: number;
  taskPullMs: number;
  taskActivatingMs: number;
  /** How long a RUNNING task without any health check must live to count as healthy (40 s in ECS). */
  healthyWithoutChecksMs: number;
  /** How often ECS looks at the alarms of a deployment. */
  ecsAlarmPollMs: number;
  /** How long one production or test traffic shift takes to settle. */
  trafficShiftMs: number;
  /** Multiplies load-balancer and container health-check intervals, timeouts, and deregistration delays. */
  healthCheckTimeScale: number;
  /** Multiplies the periods of CloudWatch alarms and of the metrics they read. */
  metricTimeScale: number;
  /** From a service emitting an event to EventBridge handing it to a rule's targets. */
  eventDeliveryMs: number;
  /** Multiplies the waits between retries of asynchronous deliveries (Lambda 1 and 2 min, EventBridge and SNS backoff). */
  asyncRetryTimeScale: number;
  /** How long Lambda keeps an idle execution environment: some minutes, and AWS does not say how many. */
  lambdaIdleMs: number;
}

/** As AWS behaves, as far as it is known. */
export const realisticPhysics: Physics = {
  ecsMinuteMs: 60_000,
  schedulerTickMs: 5_000,
  taskProvisioningMs: 10_000,
  taskPullMs: 9_000,
  taskActivatingMs: 5_000,
  healthyWithoutChecksMs: 40_000,
  ecsAlarmPollMs: 15_000,
  trafficShiftMs: 10_000,
  healthCheckTimeScale: 1,
  metricTimeScale: 1,
  eventDeliveryMs: 500,
  asyncRetryTimeScale: 1,
  lambdaIdleMs: 7 * 60_000,
};

/** A laptop's demo: the same order of events, thirty times quicker. */
export const fastPhysics: Physics = {
  ecsMinuteMs: 60_000,
  schedulerTickMs: 100,
  taskProvisioningMs: 100,
  taskPullMs: 150,
  taskActivatingMs: 50,
  healthyWithoutChecksMs: 1_000,
  ecsAlarmPollMs: 1_000,
  trafficShiftMs: 150,
  healthCheckTimeScale: 1 / 20,
  metricTimeScale: 1 / 30,
  eventDeliveryMs: 10,
  asyncRetryTimeScale: 1 / 60,
  lambdaIdleMs: 7 * 60_000,
};
