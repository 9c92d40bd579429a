// Stands in for the SDK's question to the metadata of a virtual machine inside the bundles: AWS_REGION says it in a Lambda.
export const getInstanceMetadataRegion = async () => undefined;
