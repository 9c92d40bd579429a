// An image was pushed, or a person asks for one: the only place where releases begin.
import * as v from 'valibot';
import { parsePushEvent } from '../../core/image/push-event.ts';
import { Via } from '../shared/via.ts';
import { startByHand, startIfWanted, startUndo, type StartDependencies, type StartedByHand } from './start-release.ts';

/** From `control`, which has verified the caller. */
const ByHandEvent = v.object({
  byHand: v.object({ pipeline: v.string(), tag: v.optional(v.string()), digest: v.optional(v.string()), reason: v.string(), callerArn: v.string(), via: Via }),
});

const UndoEvent = v.object({ undo: v.object({ releaseId: v.string(), stage: v.optional(v.string()), reason: v.string(), callerArn: v.string(), via: Via }) });

export const imagePushed = (dependencies: StartDependencies) => async (event: unknown): Promise<{ started: string[] } | StartedByHand> => {
  const { specifications, log } = dependencies;
  const byHand = v.safeParse(ByHandEvent, event);
  if (byHand.success) return startByHand(dependencies, byHand.output.byHand);

  const undo = v.safeParse(UndoEvent, event);
  if (undo.success) return startUndo(dependencies, undo.output.undo);

  const parsed = parsePushEvent(event);
  switch (parsed.kind) {
    case 'malformed':
      log.warn('event not understood, dropped', { reason: parsed.reason });
      return { started: [] };
    case 'ignored':
      log.info('push ignored', { reason: parsed.reason });
      return { started: [] };
    case 'push': {
      const started: string[] = [];
      for (const stored of await specifications.wanting(parsed.push.repository)) {
        const releaseId = await startIfWanted(dependencies, stored, parsed.push);
        if (releaseId) started.push(releaseId);
      }
      return { started };
    }
  }
};
