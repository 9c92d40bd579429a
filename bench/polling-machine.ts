// What one writes without Slipway: a state machine that looks once a minute. As cheap as polling can be: it asks ECS only while
// the traffic moves, and only the alarms while a weight bakes, so every minute costs three transitions.
export interface Polling {
  serviceDeploymentArn: string;
  rungs: readonly number[];
  bakeMinutes: number;
  alarm: string;
}

const MINUTE_SECONDS = 60;

export const POLLING_ROLE_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['ecs:DescribeServiceDeployments', 'ecs:ContinueServiceDeployment', 'cloudwatch:DescribeAlarms'], Resource: '*' }],
};

export function pollingMachine({ serviceDeploymentArn, rungs, bakeMinutes, alarm }: Polling): object {
  const answer = (action: 'CONTINUE' | 'ROLLBACK', next: object) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:ecs:continueServiceDeployment',
    Arguments: { ServiceDeploymentArn: serviceDeploymentArn, HookId: '{% $hookId %}', Action: action },
    ...next,
  });
  return {
    QueryLanguage: 'JSONata',
    StartAt: 'Look',
    States: {
      Look: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:ecs:describeServiceDeployments',
        Arguments: { ServiceDeploymentArns: [serviceDeploymentArn] },
        Assign: {
          status: '{% $states.result.ServiceDeployments[0].Status %}',
          weight: '{% $states.result.ServiceDeployments[0].TargetServiceRevision.RequestedProductionTrafficWeight %}',
          hookId: "{% $exists($states.result.ServiceDeployments[0].LifecycleHookDetails[Status = 'AWAITING_ACTION']) ? $states.result.ServiceDeployments[0].LifecycleHookDetails[Status = 'AWAITING_ACTION'][0].HookId : '' %}",
          minutes: 0,
        },
        Next: 'Where?',
      },
      'Where?': {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $status = 'SUCCESSFUL' %}", Next: 'Done' },
          { Condition: "{% $hookId = '' %}", Next: 'Rest' },
          { Condition: `{% $weight in [${rungs.join(', ')}] %}`, Next: 'Bake' },
        ],
        Default: 'Go on',
      },
      Rest: { Type: 'Wait', Seconds: MINUTE_SECONDS, Next: 'Look' },
      Bake: { Type: 'Wait', Seconds: MINUTE_SECONDS, Assign: { minutes: '{% $minutes + 1 %}' }, Next: 'Alarms' },
      Alarms: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:cloudwatch:describeAlarms', Arguments: { AlarmNames: [alarm] }, Assign: { alarm: '{% $states.result.MetricAlarms[0].StateValue %}' }, Next: 'Quiet?' },
      'Quiet?': {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $alarm = 'ALARM' %}", Next: 'Roll back' },
          { Condition: `{% $minutes < ${bakeMinutes} %}`, Next: 'Bake' },
        ],
        Default: 'Go on',
      },
      'Go on': answer('CONTINUE', { Next: 'Rest' }),
      'Roll back': answer('ROLLBACK', { End: true }),
      Done: { Type: 'Succeed' },
    },
  };
}
