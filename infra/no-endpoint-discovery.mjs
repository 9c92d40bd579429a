// Stands in for @aws-sdk/middleware-endpoint-discovery inside the bundles. No command of DynamoDB's client discovers its endpoint;
// the client only keeps a cache and a setting for one that would.
export const resolveEndpointDiscoveryConfig = (config) => config;

export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = { environmentVariableSelector: () => undefined, configFileSelector: () => undefined, default: undefined };
