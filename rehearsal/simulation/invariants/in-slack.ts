// What must hold of what people see in Slack.
//   slack          one message per release; once it shows an end it shows nothing else; the end is the one the release had, and has
//                  no buttons; text from outside calls nobody and links nowhere
import { outcomeWords } from '../../../core/notice/end-words.ts';
import type { Outcome, Release } from '../../../core/release/model.ts';
import type { PostedMessage } from '../../slack/workspace.ts';
import { FUNCTION_PREFIX } from '../furnish.ts';
import { SLACK_USERS } from '../slack/habits.ts';
import { markOf, type Said, type SimulatedSlack } from '../slack/simulated-slack.ts';
import type { Ledger } from './ledger.ts';

const OUTCOMES: readonly Outcome[] = ['succeeded', 'unchanged', 'rolledBack', 'rejected', 'aborted', 'superseded', 'timedOut', 'refused', 'failed'];
/** Dates that Slack shows in the reader's own time zone, links into the console, and the people who are asked. */
const OWN_MARKUP = [/^!date\^\d+\^[^<>]*$/, /^https:\/\/[a-z0-9-]+\.console\.aws\.amazon\.com\/[^<>]*$/, new RegExp(`^@(${Object.values(SLACK_USERS).join('|')})$`)];

export class InSlack {
  private readonly ledger: Ledger;
  private readonly slack: SimulatedSlack;
  private readonly ends = new Map<PostedMessage, string>();

  constructor(ledger: Ledger, slack: SimulatedSlack) {
    this.ledger = ledger;
    this.slack = slack;
    slack.watchers.push((said) => this.said(said));
  }

  private said({ what, message }: Said): void {
    this.checkMarkup(message);
    if (message.threadTs !== undefined) return;
    const { release } = markOf(message);
    if (release === undefined) return this.ledger.violated('slack', `a message names no release: ${message.text}`);
    if (what === 'posted') {
      const others = this.slack.workspace.messages.filter((other) => other !== message && other.threadTs === undefined && markOf(other).release === release);
      if (others.length > 0) this.ledger.violated('slack', `${release} has a second message`);
    }
    const before = this.ends.get(message);
    const end = endShown(message);
    if (before !== undefined && end !== before) this.ledger.violated('slack', `the message of ${release} showed "${before}" and now shows "${headerOf(message)}"`);
    if (end !== undefined) this.ends.set(message, end);
  }

  private checkMarkup(message: PostedMessage): void {
    // Buttons carry values for us; what people read is everything else.
    const shown = [message.text, ...message.blocks.flatMap((block) => (block['type'] === 'header' || block['type'] === 'actions' ? [] : textsIn(block)))];
    for (const text of shown) {
      for (const [, markup = ''] of text.matchAll(/<([^<>]*)>/g)) {
        if (!OWN_MARKUP.some((own) => own.test(markup))) this.ledger.violated('slack', `markup that is not Slipway's own: <${markup}>`);
      }
    }
  }

  /** Once faults are over and everything has come to rest. */
  checkTheEnd(releases: readonly Release[]): void {
    // What could not be said for more than a day lies there, an alarm tells of it, and people send it again.
    const unsaid = new Set(this.ledger.world.cloud.models.sqs.peek(`${FUNCTION_PREFIX}unsaid-announcements`).map(({ attributes }) => attributes['release']));
    for (const release of releases) {
      if (release.status !== 'ended' || release.pipeline.notify.slack === undefined || unsaid.has(release.id)) continue;
      const message = this.slack.messageOf(release.id);
      const words = outcomeWords(release.outcome ?? 'failed').toUpperCase();
      if (!message) this.ledger.violated('slack', `${release.id} ended as ${release.outcome ?? '?'} and has no message`);
      else if (endShown(message) !== words) this.ledger.violated('slack', `${release.id} ended as ${release.outcome ?? '?'} and its message shows "${headerOf(message)}"`);
      else if (message.blocks.some(({ type }) => type === 'actions')) this.ledger.violated('slack', `${release.id} has ended and its message still has buttons`);
    }
  }
}

const headerOf = (message: PostedMessage): string => {
  const header = message.blocks.find(({ type }) => type === 'header') as { text?: { text?: string } } | undefined;
  return header?.text?.text ?? message.text;
};

const endShown = (message: PostedMessage): string | undefined => OUTCOMES.map((outcome) => outcomeWords(outcome).toUpperCase()).find((words) => headerOf(message).endsWith(` ${words}`));

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  if (type === 'mrkdwn' && typeof text === 'string') return [text];
  return Object.values(value).flatMap(textsIn);
}
