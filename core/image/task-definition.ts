// A copy of a task definition with one container's image pinned to a digest. Everything else passes through untouched.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
import { SlipwayError } from '../errors.ts';

/** Output-only: RegisterTaskDefinition does not take them, and they say nothing about the containers. */
const OUTPUT_ONLY = ['taskDefinitionArn', 'revision', 'status', 'requiresAttributes', 'compatibilities', 'registeredAt', 'registeredBy', 'deregisteredAt', 'deleteRequestedAt'];

/** Everything RegisterTaskDefinition takes besides tags. A member in neither list is newer than this code. */
const REGISTERED = [
  'family', 'taskRoleArn', 'executionRoleArn', 'networkMode', 'containerDefinitions', 'volumes', 'placementConstraints', 'requiresCompatibilities', 'cpu', 'memory',
  'pidMode', 'ipcMode', 'proxyConfiguration', 'inferenceAccelerators', 'ephemeralStorage', 'runtimePlatform', 'enableFaultInjection',
];

export const RELEASE_TAG = 'slipway:release';

export interface TaskDefinition {
  family?: string;
  containerDefinitions?: { name?: string; image?: string }[];
}

export interface Tag {
  key?: string;
  value?: string;
}

/** A field that would be lost if the copy were registered: refusing is the only honest answer. */
export class TaskDefinitionHasUnknownFields extends SlipwayError {
  override readonly name = 'TaskDefinitionHasUnknownFields';
  readonly retry = 'never';
}

/** The pipeline names a container that the task definition has not. */
export class ContainerMissing extends SlipwayError {
  override readonly name = 'ContainerMissing';
  readonly retry = 'never';
}

export interface Copy {
  input: Record<string, unknown>;
  tags: { key: string; value: string }[];
}

/** What to hand to RegisterTaskDefinition. `releaseMark` becomes the value of the release tag, by which a retry finds it again. */
export function pinnedCopy(found: TaskDefinition, tags: readonly Tag[], container: string, image: string, releaseMark: string): Copy {
  const unknown = Object.entries(found).filter(([member, value]) => value !== undefined && !OUTPUT_ONLY.includes(member) && !REGISTERED.includes(member));
  if (unknown.length > 0) {
    const names = unknown.map(([member]) => member).join(', ');
    throw new TaskDefinitionHasUnknownFields(`the task definition uses fields this version does not know: ${names}`, 'Update Slipway: registering a copy would lose them.');
  }
  const containers = found.containerDefinitions ?? [];
  if (!containers.some((definition) => definition.name === container)) {
    const names = containers.map((definition) => definition.name ?? '?').join(', ');
    throw new ContainerMissing(`no container "${container}" in the task definition of family ${found.family ?? '?'}`, `It has: ${names}. Correct \`service.container\` in slipway.yml.`);
  }
  const copied = Object.fromEntries(Object.entries(found).filter(([member, value]) => value !== undefined && REGISTERED.includes(member)));
  return {
    input: { ...copied, containerDefinitions: containers.map((definition) => (definition.name === container ? { ...definition, image } : definition)) },
    tags: [
      // `aws:` tags belong to AWS and cannot be set; an earlier release's mark gives way to this one's.
      ...tags.flatMap((tag) => (tag.key && !tag.key.startsWith('aws:') && tag.key !== RELEASE_TAG ? [{ key: tag.key, value: tag.value ?? '' }] : [])),
      { key: RELEASE_TAG, value: releaseMark },
    ],
  };
}

export const imageOf = (definition: TaskDefinition, container: string): string | undefined => definition.containerDefinitions?.find(({ name }) => name === container)?.image;

export const pinnedImage = (image: { registry: string; repository: string; digest: string }): string => `${image.registry}/${image.repository}@${image.digest}`;
