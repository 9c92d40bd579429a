// Stands in for the SDK's reader of ~/.aws inside the bundles: there are no such files in a Lambda.
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });
