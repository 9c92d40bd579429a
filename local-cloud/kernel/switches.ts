// Behaviours of AWS that its documentation does not settle. The model can do either; a program that is right must be right
// under both. Each default is the reading that seems likelier.

export interface Switches {
  /** Is a PRE_PRODUCTION_TRAFFIC_SHIFT hook raised before or after the previous step's bake? */
  preProductionHook: 'afterPreviousBake' | 'beforePreviousBake';
  /** What `lifecycleStage` says while a PRE_PRODUCTION_TRAFFIC_SHIFT hook waits (the response enum lacks that value). */
  lifecycleStageWhilePausedBeforeShift: 'PRE_PRODUCTION_TRAFFIC_SHIFT' | 'PRODUCTION_TRAFFIC_SHIFT' | 'POST_TEST_TRAFFIC_SHIFT';
  /** Do finished hooks stay in `lifecycleHookDetails`? */
  finishedHooks: 'kept' | 'removed';
  /** Can an alarm or the circuit breaker roll back while the deployment sits in a pause? */
  failureDetectionWhilePaused: 'acts' | 'waits';
  /** UpdateService while a rollback is running. */
  updateDuringRollback: 'refused' | 'accepted';
  /** Does a rollback emit SERVICE_DEPLOYMENT_FAILED for strategies other than rolling? */
  failedEventOnRollback: 'emitted' | 'absent';
  /** Which deployment id the IN_PROGRESS event of a rollback carries. */
  rollbackEventDeploymentId: 'sourceRevision' | 'targetRevision';
  /** `image-tag` of an untagged push. */
  untaggedPush: 'omitsTag' | 'emptyTag';
  /** Does one alarm already in ALARM at the start switch off all alarm monitoring of a deployment, or only its own? */
  alarmHotAtStart: 'disablesAll' | 'disablesItself';
  /** Which digest a task that runs from an image index reports. */
  imageDigestOfIndex: 'index' | 'platform';
  /** Exception of ContinueServiceDeployment for a used or foreign hookId. */
  usedHookIdError: 'InvalidParameterException' | 'ClientException';
  /** Lifecycle stages that a ROLLING deployment reports. */
  rollingLifecycleStages: 'reported' | 'absent';
  /** Does UpdateService check iam:PassRole for roles that did not change? */
  passRoleOnUpdate: 'checked' | 'onlyNewRoles';
  /** How long DescribeServices/ListServiceDeployments may lag behind UpdateService. */
  ecsReadLagMs: number;
}

export const likelySwitches: Switches = {
  preProductionHook: 'afterPreviousBake',
  lifecycleStageWhilePausedBeforeShift: 'PRE_PRODUCTION_TRAFFIC_SHIFT',
  finishedHooks: 'kept',
  failureDetectionWhilePaused: 'acts',
  updateDuringRollback: 'refused',
  failedEventOnRollback: 'emitted',
  rollbackEventDeploymentId: 'sourceRevision',
  untaggedPush: 'omitsTag',
  alarmHotAtStart: 'disablesAll',
  imageDigestOfIndex: 'index',
  usedHookIdError: 'InvalidParameterException',
  rollingLifecycleStages: 'reported',
  passRoleOnUpdate: 'checked',
  ecsReadLagMs: 0,
};
