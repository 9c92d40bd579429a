// What a person can do with the local world once it is up: lines to copy into another terminal.
import { DEFAULT_PORT } from '../../local-cloud/serve.ts';

export interface LocalFacts {
  endpoint: string;
  region: string;
  urls: { staging: string; production: string };
  dashboardUrl: string;
  slackUrl?: string | undefined;
  stateMachineArn: string;
  requestsPerSecond: number;
}

type Line = readonly [command: string, remark?: string];

const PUSHES: readonly Line[] = [
  ['npm run push -- 1.1.0', 'a good one: it asks at 5 %'],
  ['npm run push -- 1.2.0 --error-rate 0.2', 'one answer in five fails: an alarm rolls it back'],
  ['npm run push -- 1.3.0 --crash-at-start', 'it never starts: the circuit breaker rolls it back'],
];
const DECISIONS: readonly Line[] = [
  ['npx slipway approve checkout --local --as alice', 'let it go on'],
  ['npx slipway promote checkout --local --as alice', 'skip the rest of a bake'],
  ['npx slipway reject checkout --local --as bob --reason "prices look wrong"'],
  ['npx slipway abort checkout --local --as alice', 'at any time, also while it moves'],
  ['npx slipway retry checkout-1.2.0 --local --as alice', 'what was rolled back or rejected is held until then'],
];

export function whatToTry({ endpoint, region, urls, dashboardUrl, slackUrl, stateMachineArn, requestsPerSecond }: LocalFacts): string[] {
  const looks: readonly Line[] = [
    ['npx slipway watch checkout --local', 'live'],
    ['npx slipway status checkout --local', 'its releases; with the id of one: its whole story'],
    [`curl -i ${urls.production}`, 'which version answers now?'],
    [`curl -s ${endpoint}/_local/ledger`, 'what every role called, and what it was denied'],
  ];
  const aws = `aws --endpoint-url ${endpoint}`;
  const awsLines: readonly Line[] = [
    [`export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=${region}`],
    [`${aws} ecs describe-services --cluster prod --services checkout`],
    [`${aws} ecs list-service-deployments --cluster prod --service checkout`],
    [`${aws} cloudwatch describe-alarms --query 'MetricAlarms[].[AlarmName,StateValue]' --output text`],
    [`${aws} stepfunctions list-executions --state-machine-arn ${stateMachineArn}`],
  ];
  const elsewhere: readonly Line[] = new URL(endpoint).port === String(DEFAULT_PORT) ? [] : [[`export SLIPWAY_LOCAL_ENDPOINT=${endpoint}`, 'first, since the port is not the usual one']];
  return [
    '',
    `The local cloud is up at ${endpoint}. ${requestsPerSecond} requests a second go to the service in production, ${urls.production};`,
    `staging is ${urls.staging}. Alice's dashboard: ${dashboardUrl}`,
    ...(slackUrl === undefined ? [] : [`Slack, or what looks like it, with buttons to press: ${slackUrl}`]),
    '',
    'In another terminal:',
    ...section('push a version', [...elsewhere, ...PUSHES]),
    ...section('decide', DECISIONS),
    ...section('look', looks),
    ...section('look as the AWS CLI does', awsLines),
    '',
    'Releases show up below. Ctrl-C ends everything.',
    '',
  ];
}

const REMARK_COLUMN = 51;

const section = (title: string, lines: readonly Line[]): string[] => [
  '',
  `  ${title}`,
  ...lines.map(([command, remark]) => (remark === undefined ? `    ${command}` : `    ${command.padEnd(REMARK_COLUMN)}  # ${remark}`)),
];
