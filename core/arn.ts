// ARNs that Slipway builds itself, because events and records speak in them.

export interface Place {
  region: string;
  accountId: string;
}

export const serviceArnOf = ({ region, accountId }: Place, service: { cluster: string; name: string }): string =>
  `arn:aws:ecs:${region}:${accountId}:service/${service.cluster}/${service.name}`;

export const alarmArnOf = ({ region, accountId }: Place, alarmName: string): string => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${alarmName}`;
