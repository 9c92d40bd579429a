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
  /** What the SDK speaks to it, which decides how common errors are called. */
  speaks: 'json' | 'query' | 'rest';
  load(): Promise<object>;
}

type Facts = Omit<CatalogEntry, 'xmlNamespace' | 'speaks'> & Partial<CatalogEntry>;

const entry = (facts: Facts): CatalogEntry => ({ xmlNamespace: '', speaks: 'json', ...facts });

export const catalog: readonly CatalogEntry[] = [
  entry({ signingName: 'ecs', title: 'ECS', target: 'AmazonEC2ContainerServiceV20141113', version: '2014-11-13', load: () => import('@aws-sdk/client-ecs') }),
  entry({
    signingName: 'elasticloadbalancing',
    title: 'Elastic Load Balancing v2',
    target: 'ElasticLoadBalancing_v10',
    version: '2015-12-01',
    xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    speaks: 'query',
    load: () => import('@aws-sdk/client-elastic-load-balancing-v2'),
  }),
  entry({ signingName: 'ecr', title: 'ECR', target: 'AmazonEC2ContainerRegistry_V20150921', version: '2015-09-21', load: () => import('@aws-sdk/client-ecr') }),
  entry({
    signingName: 'monitoring',
    title: 'CloudWatch',
    target: 'GraniteServiceVersion20100801',
    version: '2010-08-01',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    load: () => import('@aws-sdk/client-cloudwatch'),
  }),
  entry({ signingName: 'logs', title: 'CloudWatch Logs', target: 'Logs_20140328', version: '2014-03-28', load: () => import('@aws-sdk/client-cloudwatch-logs') }),
  entry({ signingName: 'events', title: 'EventBridge', target: 'AWSEvents', version: '2015-10-07', load: () => import('@aws-sdk/client-eventbridge') }),
  entry({
    signingName: 'sns',
    title: 'SNS',
    target: 'AmazonSimpleNotificationService',
    version: '2010-03-31',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    speaks: 'query',
    load: () => import('@aws-sdk/client-sns'),
  }),
  entry({ signingName: 'sqs', title: 'SQS', target: 'AmazonSQS', version: '2012-11-05', load: () => import('@aws-sdk/client-sqs') }),
  entry({ signingName: 'states', title: 'Step Functions', target: 'AWSStepFunctions', version: '2016-11-23', load: () => import('@aws-sdk/client-sfn') }),
  entry({
    signingName: 'lambda',
    title: 'Lambda',
    target: 'AWSGirApiService',
    version: '2015-03-31',
    speaks: 'rest',
    load: () => import('@aws-sdk/client-lambda'),
  }),
  entry({ signingName: 'dynamodb', title: 'DynamoDB', target: 'DynamoDB_20120810', version: '2012-08-10', load: () => import('@aws-sdk/client-dynamodb') }),
  entry({
    signingName: 'cloudformation',
    title: 'CloudFormation',
    target: 'CloudFormation',
    version: '2010-05-15',
    xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    speaks: 'query',
    load: () => import('@aws-sdk/client-cloudformation'),
  }),
  entry({
    signingName: 'iam',
    title: 'IAM',
    target: 'AWSIdentityManagementV20100508',
    version: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    speaks: 'query',
    load: () => import('@aws-sdk/client-iam'),
  }),
  entry({
    signingName: 'sts',
    title: 'STS',
    target: 'AWSSecurityTokenServiceV20110615',
    version: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    speaks: 'query',
    load: () => import('@aws-sdk/client-sts'),
  }),
  entry({ signingName: 'kms', title: 'KMS', target: 'TrentService', version: '2014-11-01', load: () => import('@aws-sdk/client-kms') }),
  entry({
    signingName: 'secretsmanager',
    title: 'Secrets Manager',
    target: 'secretsmanager',
    version: '2017-10-17',
    load: () => import('@aws-sdk/client-secrets-manager'),
  }),
  entry({ signingName: 'ssm', title: 'Systems Manager', target: 'AmazonSSM', version: '2014-11-06', load: () => import('@aws-sdk/client-ssm') }),
];

const bySigningName = new Map(catalog.map((each) => [each.signingName, each]));
const byTarget = new Map(catalog.map((each) => [each.target, each]));
const byVersion = new Map(catalog.map((each) => [each.version, each]));

export const entryOfSigningName = (signingName: string): CatalogEntry | undefined => bySigningName.get(signingName);
export const entryOfTarget = (target: string): CatalogEntry | undefined => byTarget.get(target);
export const entryOfVersion = (version: string): CatalogEntry | undefined => byVersion.get(version);
