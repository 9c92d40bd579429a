// A machine's logging configuration, and what its role needs for it.
import type { LogLevel, LoggingConfiguration } from '@aws-sdk/client-sfn';
import { AwsError, NotModelled } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';

export function checkLogging(given: LoggingConfiguration | undefined): LoggingConfiguration {
  const level = given?.level ?? 'OFF';
  const includeExecutionData = given?.includeExecutionData ?? false;
  const destinations = given?.destinations ?? [];
  if (level === 'OFF') return { level, includeExecutionData };
  if (destinations.length === 0) throw invalid('Must specify exactly one Log Destination.');
  if (destinations.length > 1) throw new NotModelled('LoggingConfiguration with more than one destination');
  const logGroupArn = destinations[0]?.cloudWatchLogsLogGroup?.logGroupArn ?? '';
  if (!logGroupArn.endsWith(':*')) throw invalid(`Log Destination ARN must end with ':*': ${logGroupArn}`);
  return { level, includeExecutionData, destinations };
}

const invalid = (message: string) => new AwsError('InvalidLoggingConfiguration', `Invalid Logging Configuration: ${message}`);

export const sameLogging = (a: LoggingConfiguration, b: LoggingConfiguration): boolean => JSON.stringify(a) === JSON.stringify(b);

const SETTING_UP = ['logs:GetLogDelivery', 'logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups'];

/**
 * Step Functions manages the log delivery as the machine's role: it creates one when logging is switched on, updates it when
 * the configuration is sent again, deletes it when logging ends. Which call needs which action is not documented in detail.
 * https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
 */
export function checkLogDelivery(kernel: Kernel, roleArn: string, before: LogLevel | undefined, after: LogLevel | undefined): void {
  const wasOn = before !== undefined && before !== 'OFF';
  const isOn = after !== undefined && after !== 'OFF';
  if (!wasOn && !isOn) return;
  const actions = isOn ? [wasOn ? 'logs:UpdateLogDelivery' : 'logs:CreateLogDelivery', ...SETTING_UP] : ['logs:DeleteLogDelivery', 'logs:GetLogDelivery', 'logs:ListLogDeliveries'];
  try {
    kernel.authorize(kernel.assumeRole(roleArn, 'states.amazonaws.com', 'log-delivery'), actions.map((action) => ({ action, resource: '*' })));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError('AccessDeniedException', `The state machine IAM Role is not authorized to access the Log Destination. ${error.message}`);
  }
}
