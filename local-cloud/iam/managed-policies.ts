// The AWS managed policies this cloud knows, as AWS publishes them.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
import type { PolicyDocument, PolicyStatement } from '../kernel/service.ts';

const ELB = 'arn:aws:elasticloadbalancing:*:*';

const allow = (Sid: string | undefined, Action: string | string[], Resource: string | string[]): PolicyStatement => ({ ...(Sid ? { Sid } : {}), Effect: 'Allow', Action, Resource });

const POLICIES: Readonly<Record<string, PolicyStatement[]>> = {
  'arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers': [
    allow(
      'ELBReadOperations',
      ['DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth'].map((action) => `elasticloadbalancing:${action}`),
      '*',
    ),
    allow('TargetGroupOperations', ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'], `${ELB}:targetgroup/*/*`),
    allow('ALBModifyListeners', 'elasticloadbalancing:ModifyListener', [`${ELB}:listener/app/*/*/*`]),
    allow('NLBModifyListeners', 'elasticloadbalancing:ModifyListener', [`${ELB}:listener/net/*/*/*`]),
    allow('ALBModifyRules', 'elasticloadbalancing:ModifyRule', [`${ELB}:listener-rule/app/*/*/*/*`]),
  ],
  'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy': [
    allow(
      undefined,
      [
        'ecr:GetAuthorizationToken',
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchGetImage',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
      '*',
    ),
  ],
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': [
    allow(undefined, ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], '*'),
  ],
};

export function awsManagedPolicy(policyArn: string): PolicyDocument | undefined {
  const statements = POLICIES[policyArn];
  return statements && { Version: '2012-10-17', Statement: statements };
}
