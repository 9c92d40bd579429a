// Slack as the two functions that speak to it see it; undefined when none is configured.
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { secretOf, type Secret } from '../../adapters/secrets.ts';
import { slackOver, SlackSecret, type Slack } from '../../adapters/slack.ts';
import { aws } from './world.ts';

export function slackWorld(): { api: Slack; secret: Secret<SlackSecret> } | undefined {
  const secretArn = process.env['SLACK_SECRET_ARN'];
  if (!secretArn) return undefined;
  const secret = secretOf({ region: aws().region, credentials: fromEnv(), endpoint: process.env['AWS_ENDPOINT_URL'] }, secretArn, SlackSecret);
  return { api: slackOver({ apiUrl: process.env['SLACK_API_URL'] || 'https://slack.com/api', secret }), secret };
}
