// What Slack sends when somebody presses a button or fills in the modal, parsed to what Slipway needs of it.
// https://docs.slack.dev/reference/interaction-payloads
import * as v from 'valibot';
import { aboutOf, decisionOfAction, type About, type SlackDecision } from './buttons.ts';
import { REASON_BLOCK, REASON_INPUT, REASON_LENGTH_MAX, REASON_MODAL, modalContext, type ModalContext } from './modal.ts';

export type Interaction =
  | { kind: 'pressed'; decision: SlackDecision; about: About; userId: string; triggerId: string | undefined; responseUrl: string | undefined; channel: string | undefined }
  | { kind: 'submitted'; context: ModalContext; reason: string; userId: string }
  /** Well formed and none of our business: a link button, a closed modal, another app's message. */
  | { kind: 'ignored' };

const Id = v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9]{1,20}$/));
const Text = (lengthMax: number) => v.pipe(v.string(), v.maxLength(lengthMax));

const Pressed = v.object({
  type: v.literal('block_actions'),
  user: v.object({ id: Id }),
  trigger_id: v.optional(Text(500)),
  response_url: v.optional(Text(1000)),
  channel: v.optional(v.object({ id: Id })),
  actions: v.pipe(v.array(v.object({ action_id: Text(255), value: v.optional(Text(2000)) })), v.minLength(1), v.maxLength(25)),
});

const Submitted = v.object({
  type: v.literal('view_submission'),
  user: v.object({ id: Id }),
  view: v.object({
    callback_id: Text(255),
    private_metadata: Text(3000),
    state: v.object({ values: v.record(v.string(), v.record(v.string(), v.object({ value: v.nullish(Text(3000)) }))) }),
  }),
});

const Kind = v.object({ type: v.string() });
const Json = v.pipe(v.string(), v.parseJson());

/** The form field `payload` of the body; undefined when it is nothing Slack sends. */
export function parseInteraction(payload: string): Interaction | undefined {
  const parsed = v.safeParse(v.pipe(Json, Kind), payload);
  if (!parsed.success) return undefined;
  switch (parsed.output.type) {
    case 'block_actions': {
      const sent = v.safeParse(v.pipe(Json, Pressed), payload);
      return sent.success ? pressed(sent.output) : undefined;
    }
    case 'view_submission': {
      const sent = v.safeParse(v.pipe(Json, Submitted), payload);
      return sent.success ? submitted(sent.output) : undefined;
    }
    default:
      return { kind: 'ignored' };
  }
}

function pressed(sent: v.InferOutput<typeof Pressed>): Interaction | undefined {
  const action = sent.actions[0];
  const decision = decisionOfAction(action?.action_id ?? '');
  if (decision === undefined) return { kind: 'ignored' };
  const about = aboutOf(action?.value);
  if (about === undefined) return undefined;
  return { kind: 'pressed', decision, about, userId: sent.user.id, triggerId: sent.trigger_id, responseUrl: sent.response_url, channel: sent.channel?.id };
}

function submitted(sent: v.InferOutput<typeof Submitted>): Interaction | undefined {
  if (sent.view.callback_id !== REASON_MODAL) return { kind: 'ignored' };
  const context = modalContext(sent.view.private_metadata);
  if (context === undefined) return undefined;
  return { kind: 'submitted', context, reason: (sent.view.state.values[REASON_BLOCK]?.[REASON_INPUT]?.value ?? '').trim().slice(0, REASON_LENGTH_MAX), userId: sent.user.id };
}
