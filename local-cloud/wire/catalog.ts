// Which AWS services the local cloud can speak for, how a request names each of them on the wire, and where the SDK keeps
// their schemas. Client packages are loaded on a service's first call: loading all of them costs half a second.

export interface CatalogEntry {
  /** The SigV4 service name. */
  signingName: string;
  /** The service's name as people read it in messages. */
  title: string;
  /** First part of `X-Amz-Target`, and the service in a CBOR path. */
  target: string;
  /** The `Version` parameter of the query protocol, which is also the API version. */
  version: string;
  xmlNamespace: string;
  load(): Promise<object>;
}

const entry = (signingName: string, title: string, target: string, version: string, load: () => Promise<object>, xmlNamespace = ''): CatalogEntry => ({
  signingName,
  title,
  target,
  version,
  xmlNamespace,
  load,
});

export const catalog: readonly CatalogEntry[] = [
  entry('ecs', 'ECS', 'AmazonEC2ContainerServiceV20141113', '2014-11-13', () => import('@aws-sdk/client-ecs')),
  entry(
    'elasticloadbalancing',
    'Elastic Load Balancing v2',
    'ElasticLoadBalancing_v10',
    '2015-12-01',
    () => import('@aws-sdk/client-elastic-load-balancing-v2'),
    'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  ),
  entry('ecr', 'ECR', 'AmazonEC2ContainerRegistry_V20150921', '2015-09-21', () => import('@aws-sdk/client-ecr')),
  entry(
    'monitoring',
    'CloudWatch',
    'GraniteServiceVersion20100801',
    '2010-08-01',
    () => import('@aws-sdk/client-cloudwatch'),
    'http://monitoring.amazonaws.com/doc/2010-08-01/',
  ),
  entry('logs', 'CloudWatch Logs', 'Logs_20140328', '2014-03-28', () => import('@aws-sdk/client-cloudwatch-logs')),
  entry('events', 'EventBridge', 'AWSEvents', '2015-10-07', () => import('@aws-sdk/client-eventbridge')),
  entry(
    'sns',
    'SNS',
    'AmazonSimpleNotificationService',
    '2010-03-31',
    () => import('@aws-sdk/client-sns'),
    'http://sns.amazonaws.com/doc/2010-03-31/',
  ),
  entry('sqs', 'SQS', 'AmazonSQS', '2012-11-05', () => import('@aws-sdk/client-sqs')),
  entry('states', 'Step Functions', 'AWSStepFunctions', '2016-11-23', () => import('@aws-sdk/client-sfn')),
  entry('lambda', 'Lambda', 'AWSGirApiService', '2015-03-31', () => import('@aws-sdk/client-lambda')),
  entry('dynamodb', 'DynamoDB', 'DynamoDB_20120810', '2012-08-10', () => import('@aws-sdk/client-dynamodb')),
  entry(
    'cloudformation',
    'CloudFormation',
    'CloudFormation',
    '2010-05-15',
    () => import('@aws-sdk/client-cloudformation'),
    'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  ),
  entry(
    'iam',
    'IAM',
    'AWSIdentityManagementV20100508',
    '2010-05-08',
    () => import('@aws-sdk/client-iam'),
    'https://iam.amazonaws.com/doc/2010-05-08/',
  ),
  entry('sts', 'STS', 'AWSSecurityTokenServiceV20110615', '2011-06-15', () => import('@aws-sdk/client-sts'), 'https://sts.amazonaws.com/doc/2011-06-15/'),
  entry('kms', 'KMS', 'TrentService', '2014-11-01', () => import('@aws-sdk/client-kms')),
  entry('secretsmanager', 'Secrets Manager', 'secretsmanager', '2017-10-17', () => import('@aws-sdk/client-secrets-manager')),
  entry('ssm', 'Systems Manager', 'AmazonSSM', '2014-11-06', () => import('@aws-sdk/client-ssm')),
];

const bySigningName = new Map(catalog.map((each) => [each.signingName, each]));
const byTarget = new Map(catalog.map((each) => [each.target, each]));
const byVersion = new Map(catalog.map((each) => [each.version, each]));

export const entryOfSigningName = (signingName: string): CatalogEntry | undefined => bySigningName.get(signingName);
export const entryOfTarget = (target: string): CatalogEntry | undefined => byTarget.get(target);
export const entryOfVersion = (version: string): CatalogEntry | undefined => byVersion.get(version);
