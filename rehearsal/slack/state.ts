// What the page shows: the workspace with its markup turned into HTML.
import { htmlOfMrkdwn } from './mrkdwn.ts';
import type { PostedMessage, Workspace } from './workspace.ts';

export interface Switches {
  /** `down`: 503. `dead`: the connection is cut and nothing happens. `mute`: it happens, and the connection is cut before the answer. */
  outage: 'none' | 'down' | 'dead' | 'mute';
  /** How many requests are told to come back later, and when. */
  rateLimit: { left: number; retryAfterSeconds: number };
  tokenRevoked: boolean;
}

interface Loose {
  [member: string]: unknown;
}

interface ShownBlock {
  kind: 'header' | 'section' | 'context' | 'divider' | 'actions';
  text?: string;
  html?: string;
  buttons?: { action: string; value: string | undefined; label: string; style: string; confirm: string | undefined }[];
}

export function stateOf(workspace: Workspace, switches: Switches): object {
  const nameOf = (id: string): string => workspace.users.find((user) => user.id === id)?.name ?? id;
  const html = (value: unknown): string => htmlOfMrkdwn(textIn(value), nameOf);
  const shown = ({ ts, text, updates, blocks }: PostedMessage) => ({ ts, text, updates, blocks: blocks.length > 0 ? blocks.map((block) => blockOf(block, html)) : [{ kind: 'section', html: htmlOfMrkdwn(text, nameOf) }] });
  return {
    users: workspace.users,
    switches,
    channels: workspace.channels.map(({ id, name }) => ({
      name,
      messages: workspace.messages
        .filter((message) => message.channel === id && message.threadTs === undefined)
        .map((message) => ({ ...shown(message), thread: workspace.messages.filter((reply) => reply.channel === id && reply.threadTs === message.ts).map(shown) })),
      ephemerals: workspace.ephemerals.filter((ephemeral) => ephemeral.channel === id).map(({ user, text }) => ({ user, html: htmlOfMrkdwn(text, nameOf) })),
    })),
    modals: workspace.modals.map(({ id, user, view }) => ({
      id,
      user,
      title: textIn(view['title']),
      submit: textIn(view['submit']),
      about: (view['blocks'] as Loose[]).filter((block) => block['type'] === 'section').map((block) => html(block['text'])).join('<br>'),
      label: (view['blocks'] as Loose[]).filter((block) => block['type'] === 'input').map((block) => textIn(block['label'])).join(''),
    })),
  };
}

function blockOf(block: Loose, html: (value: unknown) => string): ShownBlock {
  switch (block['type']) {
    case 'header':
      return { kind: 'header', text: textIn(block['text']) };
    case 'context':
      return { kind: 'context', html: (block['elements'] as unknown[]).map(html).join('<br>') };
    case 'divider':
      return { kind: 'divider' };
    case 'actions':
      return { kind: 'actions', buttons: (block['elements'] as Loose[]).map((element) => ({ action: element['action_id'] as string, value: element['value'] as string | undefined, label: textIn(element['text']), style: (element['style'] as string | undefined) ?? '', confirm: confirmOf(element['confirm']) })) };
    default:
      return { kind: 'section', html: html(block['text']) };
  }
}

const textIn = (object: unknown): string => {
  const { text } = (object ?? {}) as { text?: unknown };
  return typeof text === 'string' ? text : '';
};

const confirmOf = (confirm: unknown): string | undefined => (confirm === undefined ? undefined : `${textIn((confirm as Loose)['title'])}\n${textIn((confirm as Loose)['text'])}`);
