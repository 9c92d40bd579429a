import { DIGEST } from '../testing/samples.ts';
import { pinnedCopy, pinnedImage, type TaskDefinition } from './task-definition.ts';

/** What a task definition is made of, beside its containers and what ECS says of it. */
const settings = {
  taskRoleArn: 'role',
  executionRoleArn: 'execution',
  networkMode: 'awsvpc',
  volumes: [{ name: 'data', somethingNewer: { deep: true } }],
  placementConstraints: [],
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  runtimePlatform: { cpuArchitecture: 'ARM64' },
  enableFaultInjection: false,
};

const found = {
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/checkout:7',
  family: 'checkout',
  revision: 7,
  status: 'ACTIVE',
  requiresAttributes: [{ name: 'ecs.capability' }],
  compatibilities: ['FARGATE'],
  registeredAt: 1795431600.5,
  registeredBy: 'arn:aws:iam::123456789012:user/x',
  ...settings,
  containerDefinitions: [
    { name: 'app', image: 'shop/checkout:v1', environment: [{ name: 'A', value: '1' }], aFieldOfNextYear: { x: 1 } },
    { name: 'proxy', image: 'envoy:1' },
  ],
} as TaskDefinition;

const copyOf = (more: object = {}, tags: { key?: string; value?: string }[] = []) => pinnedCopy({ ...found, ...more }, tags, 'app', 'r/shop/checkout@sha256:new', 'release-1/0');

it('one image is pinned, everything else passes through, also what this version has never heard of', () => {
  expect(copyOf().input).toEqual({
    family: 'checkout',
    ...settings,
    containerDefinitions: [
      { name: 'app', image: 'r/shop/checkout@sha256:new', environment: [{ name: 'A', value: '1' }], aFieldOfNextYear: { x: 1 } },
      { name: 'proxy', image: 'envoy:1' },
    ],
  });
});

it('a field that might be lost is refused by name', () => {
  expect(() => copyOf({ quantumMode: 'on', warpDrive: {} })).toThrow('the task definition uses fields this version does not know: quantumMode, warpDrive');
  expect(() => copyOf({ quantumMode: undefined })).not.toThrow();
});

it('a container that is not there is refused, with those that are', () => {
  expect(() => pinnedCopy(found, [], 'web', 'x', 'm')).toThrow('no container "web" in the task definition of family checkout');
});

it('tags are kept, but for those of AWS and of an earlier release', () => {
  const tags = [{ key: 'team', value: 'shop' }, { key: 'empty' }, { key: 'aws:cloudformation:stack-name', value: 's' }, { key: 'slipway:release', value: 'older' }, { value: 'keyless' }];
  expect(copyOf({}, tags).tags).toEqual([{ key: 'team', value: 'shop' }, { key: 'empty', value: '' }, { key: 'slipway:release', value: 'release-1/0' }]);
});

it('what was found is not changed in place', () => {
  const before = structuredClone(found);
  copyOf();
  expect(found).toEqual(before);
});

it('an image is pinned by digest, never by tag', () => {
  expect(pinnedImage({ registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', repository: 'shop/checkout', digest: DIGEST })).toBe(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/checkout@${DIGEST}`);
});
