// The modal that asks for a reason, and what it remembers of the button that opened it.
// https://docs.slack.dev/reference/views/modal-views
import * as v from 'valibot';
import { mrkdwn, plainText } from './blocks.ts';
import { SLACK_DECISIONS, type About, type SlackDecision } from './buttons.ts';
import { clip, inline } from './text.ts';

export const REASON_MODAL = 'slipway.reason';
export const REASON_BLOCK = 'reason';
export const REASON_INPUT = 'text';
export const REASON_LENGTH_MAX = 1000;
const METADATA_LENGTH_MAX = 3000;
const TITLE_LENGTH_MAX = 24;

const Context = v.object({
  decision: v.picklist(SLACK_DECISIONS),
  release: v.pipe(v.string(), v.maxLength(300)),
  stage: v.optional(v.string()),
  ask: v.optional(v.string()),
  responseUrl: v.optional(v.string()),
  channel: v.optional(v.string()),
});
export type ModalContext = v.InferOutput<typeof Context>;

const WORDS: Record<SlackDecision, string> = { approve: 'Approve', reject: 'Reject', promote: 'Skip this bake', override: 'Override the freeze', abort: 'Abort' };

export function reasonModal(decision: SlackDecision, about: About, from: { responseUrl: string | undefined; channel: string | undefined }): object {
  const context: ModalContext = { decision, ...about, ...(from.responseUrl === undefined ? {} : { responseUrl: from.responseUrl }), ...(from.channel === undefined ? {} : { channel: from.channel }) };
  const metadata = JSON.stringify(context);
  return {
    type: 'modal',
    callback_id: REASON_MODAL,
    // The way back to the clicker is the part that can be done without.
    private_metadata: metadata.length <= METADATA_LENGTH_MAX ? metadata : JSON.stringify({ decision, ...about }),
    title: plainText(clip(WORDS[decision], TITLE_LENGTH_MAX)),
    submit: plainText(clip(WORDS[decision], TITLE_LENGTH_MAX)),
    close: plainText('Cancel'),
    blocks: [
      { type: 'section', text: mrkdwn(`*${inline(about.release)}*${about.stage === undefined ? '' : `, stage ${inline(about.stage)}`}`) },
      {
        type: 'input',
        block_id: REASON_BLOCK,
        label: plainText('Why?'),
        hint: plainText('Those who pushed will read it; it stays on the record.'),
        element: { type: 'plain_text_input', action_id: REASON_INPUT, multiline: true, min_length: 1, max_length: REASON_LENGTH_MAX },
      },
    ],
  };
}

export function modalContext(metadata: string): ModalContext | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Context), metadata);
  return parsed.success ? parsed.output : undefined;
}
