// Every resource type that templates can use here.
import type { ResourceProvider } from '../provider.ts';
import { bucketProviders } from './buckets.ts';
import { containerProviders } from './containers.ts';
import { dynamoDbProviders } from './dynamodb.ts';
import { iamProviders } from './iam.ts';
import { keyAndValueProviders } from './keys-and-values.ts';
import { lambdaProviders } from './lambda.ts';
import { loadBalancingProviders } from './load-balancing.ts';
import { messagingProviders } from './messaging.ts';
import { observabilityProviders } from './observability.ts';
import { statesProviders } from './states.ts';

export const allProviders: ReadonlyMap<string, ResourceProvider> = new Map(
  [
    ...bucketProviders,
    ...containerProviders,
    ...dynamoDbProviders,
    ...iamProviders,
    ...keyAndValueProviders,
    ...lambdaProviders,
    ...loadBalancingProviders,
    ...messagingProviders,
    ...observabilityProviders,
    ...statesProviders,
  ].map((provider) => [provider.type, provider]),
);
