// The buttons under a release, and what they say when they are pressed: which release, which stage, which question.
import * as v from 'valibot';
import type { Decision } from '../release/model.ts';
import type { Button } from './blocks.ts';
import { mrkdwn, plainText } from './blocks.ts';
import { clip, inline } from './text.ts';

export const ACTIONS_BLOCK = 'slipway';
const PREFIX = 'slipway.';

/** The decisions that can be made in Slack; a new kind is a line here, a look below, and one more `if` where the buttons are chosen. */
export const SLACK_DECISIONS = ['approve', 'reject', 'promote', 'override', 'abort'] as const satisfies readonly Decision['kind'][];
export type SlackDecision = (typeof SLACK_DECISIONS)[number];

interface Look {
  label: string;
  style?: 'primary' | 'danger';
  /** Asks for a reason in a modal before anything is decided. */
  asksReason?: boolean;
  confirm?: { title: string; text: string; yes: string };
}

export const LOOKS: Record<SlackDecision, Look> = {
  approve: { label: 'Approve', style: 'primary' },
  reject: { label: 'Reject…', style: 'danger', asksReason: true },
  promote: { label: 'Skip this bake', confirm: { title: 'Skip the rest of this bake?', text: 'It goes on to the next weight now; alarms and approvals stand as they are.', yes: 'Skip it' } },
  override: { label: 'Override the freeze…', style: 'danger', asksReason: true },
  abort: { label: 'Abort', confirm: { title: 'Abort this release?', text: 'What is under way is rolled back and the release ends.', yes: 'Abort it' } },
};

/** What a button is about. It says which question stood on the screen, so that a late click answers that one or none. */
const About = v.object({
  release: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
  stage: v.optional(v.pipe(v.string(), v.maxLength(300))),
  ask: v.optional(v.pipe(v.string(), v.maxLength(100))),
});
export type About = v.InferOutput<typeof About>;

export function button(kind: SlackDecision, about: About, labelSuffix = ''): Button {
  const look = LOOKS[kind];
  return {
    type: 'button',
    action_id: `${PREFIX}${kind}`,
    text: plainText(clip(`${look.label}${labelSuffix}`, 75)),
    value: JSON.stringify(about),
    ...(look.style === undefined ? {} : { style: look.style }),
    ...(look.confirm === undefined
      ? {}
      : {
          confirm: {
            title: plainText(look.confirm.title),
            text: mrkdwn(`${inline(about.release, 150)}: ${look.confirm.text}`),
            confirm: plainText(look.confirm.yes),
            deny: plainText('No'),
            ...(kind === 'abort' ? { style: 'danger' as const } : {}),
          },
        }),
  };
}

export function decisionOfAction(actionId: string): SlackDecision | undefined {
  return SLACK_DECISIONS.find((kind) => `${PREFIX}${kind}` === actionId);
}

/** Undefined for anything that is not a value these buttons carry. */
export function aboutOf(value: string | undefined): About | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.maxLength(2000), v.parseJson(), About), value);
  return parsed.success ? parsed.output : undefined;
}
