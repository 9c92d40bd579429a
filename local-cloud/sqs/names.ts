// The three names of a queue: its name, its ARN and its URL on this cloud.
import type { Kernel } from '../kernel/kernel.ts';
import { arnOf } from '../kernel/kernel.ts';

export const queueArnOf = (kernel: Pick<Kernel, 'accountId' | 'region'>, name: string): string => arnOf(kernel, 'sqs', name);

export const queueUrlOf = (kernel: Pick<Kernel, 'accountId' | 'endpointUrl'>, name: string): string =>
  `${kernel.endpointUrl}/${kernel.accountId}/${name}`;

/** The last segment names the queue; host and scheme do not matter, because a client may have been given another one. */
export const queueNameOfUrl = (queueUrl: string): string => queueUrl.slice(queueUrl.lastIndexOf('/') + 1);

export const queueNameOfArn = (queueArn: string): string => queueArn.slice(queueArn.lastIndexOf(':') + 1);
