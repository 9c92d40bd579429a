// ARNs that Slipway builds itself, because events and records speak in them.

export interface Place {
  region: string;
  accountId: string;
}

export const serviceArnOf = ({ region, accountId }: Place, service: { cluster: string; name: string }): string =>
  `arn:aws:ecs:${region}:${accountId}:service/${service.cluster}/${service.name}`;

/** `cluster/name` of a service ARN. */
export const serviceNameOf = (serviceArn: string): string => serviceArn.split(':').at(-1)?.split('/').slice(1).join('/') ?? serviceArn;

export const alarmArnOf = ({ region, accountId }: Place, alarmName: string): string => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${alarmName}`;
