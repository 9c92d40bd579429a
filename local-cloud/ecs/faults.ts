// The exceptions of the ECS API that this model answers with.
import { AwsError } from '../kernel/errors.ts';

export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message);
export const clientFault = (message: string) => new AwsError('ClientException', message);
export const clusterNotFound = () => new AwsError('ClusterNotFoundException', 'Cluster not found.');
export const serviceNotFound = () => new AwsError('ServiceNotFoundException', 'Service not found.');
export const serviceNotActive = () => new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
export const deploymentNotFound = () => new AwsError('ServiceDeploymentNotFoundException', 'The service deployment does not exist.');
export const conflict = (message: string) => new AwsError('ConflictException', message);
