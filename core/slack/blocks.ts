// The part of Block Kit that is used, and its limits. Everything goes through `fitting` before it is sent: a message that Slack
// refuses for its length would be a release nobody hears of.
// https://docs.slack.dev/reference/block-kit/blocks
import { clip } from './text.ts';

export interface PlainText {
  type: 'plain_text';
  text: string;
  emoji: boolean;
}

export interface Mrkdwn {
  type: 'mrkdwn';
  text: string;
  /** Do not look for links, channels and people in it by yourself. */
  verbatim: boolean;
}

export interface Button {
  type: 'button';
  text: PlainText;
  action_id: string;
  value: string;
  style?: 'primary' | 'danger';
  confirm?: { title: PlainText; text: Mrkdwn; confirm: PlainText; deny: PlainText; style?: 'primary' | 'danger' };
}

export type Block =
  | { type: 'header'; text: PlainText }
  | { type: 'section'; text: Mrkdwn }
  | { type: 'context'; elements: Mrkdwn[] }
  | { type: 'actions'; block_id: string; elements: Button[] }
  | { type: 'divider' };

/** What is sent: blocks for people, and the text for notifications, screen readers and clients without blocks. */
export interface Message {
  text: string;
  blocks: Block[];
}

export const LIMITS = {
  blocks: 50,
  headerText: 150,
  sectionText: 3000,
  contextElements: 10,
  contextText: 3000,
  actionElements: 25,
  buttonText: 75,
  buttonValue: 2000,
  actionId: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** Slack cuts at 40,000 and advises 4,000. */
  text: 3500,
} as const;

export const plainText = (text: string): PlainText => ({ type: 'plain_text', text, emoji: false });
export const mrkdwn = (text: string): Mrkdwn => ({ type: 'mrkdwn', text, verbatim: true });
export const section = (text: string): Block => ({ type: 'section', text: mrkdwn(text) });
export const context = (...texts: string[]): Block => ({ type: 'context', elements: texts.map(mrkdwn) });
export const header = (text: string): Block => ({ type: 'header', text: plainText(text) });

/** Empty blocks are left out, long texts are cut, and the middle of too many blocks gives way: the first and the last say most. */
export function fitting(message: Message): Message {
  const blocks = message.blocks.flatMap(fittingBlock);
  const surplus = blocks.length - LIMITS.blocks;
  const kept = surplus <= 0 ? blocks : [...blocks.slice(0, LIMITS.blocks - 6), context(`${surplus + 1} more`), ...blocks.slice(-5)];
  return { text: cutMarkup(message.text, LIMITS.text) || ' ', blocks: kept };
}

function fittingBlock(block: Block): Block[] {
  switch (block.type) {
    case 'header':
      return block.text.text === '' ? [] : [{ ...block, text: { ...block.text, text: clip(block.text.text, LIMITS.headerText) } }];
    case 'section':
      return block.text.text.trim() === '' ? [] : [{ ...block, text: { ...block.text, text: cutMarkup(block.text.text, LIMITS.sectionText) } }];
    case 'context': {
      const elements = block.elements.filter(({ text }) => text.trim() !== '').slice(0, LIMITS.contextElements);
      return elements.length === 0 ? [] : [{ ...block, elements: elements.map((element) => ({ ...element, text: cutMarkup(element.text, LIMITS.contextText) })) }];
    }
    case 'actions':
      // A value that does not fit would decide something else than it says: such a button is left out.
      return block.elements.some(fits) ? [{ ...block, elements: block.elements.filter(fits).slice(0, LIMITS.actionElements).map(fittingButton) }] : [];
    case 'divider':
      return [block];
  }
}

const fits = (button: Button): boolean => button.value.length <= LIMITS.buttonValue && button.action_id.length <= LIMITS.actionId;

function fittingButton(button: Button): Button {
  const { confirm } = button;
  return {
    ...button,
    text: plainText(clip(button.text.text, LIMITS.buttonText)),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            ...confirm,
            title: plainText(clip(confirm.title.text, LIMITS.confirmTitle)),
            text: mrkdwn(cutMarkup(confirm.text.text, LIMITS.confirmText)),
            confirm: plainText(clip(confirm.confirm.text, LIMITS.confirmButton)),
            deny: plainText(clip(confirm.deny.text, LIMITS.confirmButton)),
          },
        }),
  };
}

/** Cuts text that is escaped already: not inside an entity, a link or a date, and a block of code is closed again. */
export function cutMarkup(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const cut = clip(text, lengthMax - 4).replace(/&[a-z]*…$/, '…').replace(/<[^<>]*…$/, '…');
  return (cut.match(/```/g)?.length ?? 0) % 2 === 1 ? `${cut}\n\`\`\`` : cut;
}
