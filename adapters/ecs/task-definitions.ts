// Task definitions, read and written verbatim: see verbatim.ts.
import { DescribeTaskDefinitionCommand, ListTaskDefinitionsCommand, RegisterTaskDefinitionCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { RELEASE_TAG, type Copy, type Tag, type TaskDefinition } from '../../core/image/task-definition.ts';
import { sendVerbatim } from './verbatim.ts';

export type TaskDefinitions = ReturnType<typeof taskDefinitionsIn>;

/** How far back to look for a copy registered by an earlier try of the same step. */
const LOOK_BACK = 5;

export function taskDefinitionsIn(client: ECSClient) {
  const describe = async (arn: string): Promise<{ taskDefinition: TaskDefinition; tags: Tag[] }> => {
    const raw = await sendVerbatim(new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ['TAGS'] }), (command) => client.send(command));
    return { taskDefinition: (raw['taskDefinition'] ?? {}), tags: (raw['tags'] ?? []) as Tag[] };
  };

  return {
    describe,

    /** The revision an earlier try registered for this release, if it did: registering has no idempotency token. */
    async registeredFor(family: string, releaseMark: string): Promise<string | undefined> {
      const { taskDefinitionArns = [] } = await client.send(new ListTaskDefinitionsCommand({ familyPrefix: family, sort: 'DESC', maxResults: LOOK_BACK }));
      for (const arn of taskDefinitionArns) {
        const { tags } = await describe(arn);
        if (tags.some((tag) => tag.key === RELEASE_TAG && tag.value === releaseMark)) return arn;
      }
      return undefined;
    },

    async register(copy: Copy): Promise<string> {
      const family = String(copy.input['family']);
      const command = new RegisterTaskDefinitionCommand({ family, containerDefinitions: [], tags: copy.tags });
      const answer = await sendVerbatim(command, (command) => client.send(command), () => ({ ...copy.input, tags: copy.tags }));
      return String((answer['taskDefinition'] as { taskDefinitionArn?: string } | undefined)?.taskDefinitionArn);
    },
  };
}
