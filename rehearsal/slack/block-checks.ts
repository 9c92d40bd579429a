// What Slack refuses about blocks, as far as they are used here: too many, too long, unknown, or incomplete.
// https://docs.slack.dev/reference/block-kit/blocks

interface Loose {
  [member: string]: unknown;
}

/** Undefined when they are fine. */
export function faultOfBlocks(blocks: unknown): string | undefined {
  if (!Array.isArray(blocks)) return 'blocks is not a list';
  if (blocks.length > 50) return 'more than 50 blocks';
  return firstFault(blocks, faultOfBlock);
}

function faultOfBlock(given: unknown): string | undefined {
  const block = given as Loose;
  switch (block['type']) {
    case 'header':
      return faultOfText(block['text'], 'plain_text', 150);
    case 'section':
      return faultOfText(block['text'], 'mrkdwn', 3000);
    case 'context':
      return listFault(block['elements'], 10, (element) => faultOfText(element, 'mrkdwn', 3000));
    case 'actions':
      return text(block['block_id']).length > 255 ? 'block_id too long' : listFault(block['elements'], 25, faultOfButton);
    case 'divider':
      return undefined;
    default:
      return `unknown block ${text(block['type'])}`;
  }
}

function faultOfButton(given: unknown): string | undefined {
  const button = given as Loose;
  if (button['type'] !== 'button') return 'not a button';
  if (!hasLength(button['action_id'], 1, 255)) return 'action_id';
  if (button['value'] !== undefined && !hasLength(button['value'], 0, 2000)) return 'value too long';
  if (button['style'] !== undefined && button['style'] !== 'primary' && button['style'] !== 'danger') return 'style';
  const confirm = button['confirm'] as Loose | undefined;
  return (
    faultOfText(button['text'], 'plain_text', 75) ??
    (confirm && (faultOfText(confirm['title'], 'plain_text', 100) ?? faultOfText(confirm['text'], 'mrkdwn', 300) ?? faultOfText(confirm['confirm'], 'plain_text', 30) ?? faultOfText(confirm['deny'], 'plain_text', 30)))
  );
}

function faultOfText(given: unknown, type: string, lengthMax: number): string | undefined {
  const object = given as Loose | undefined;
  if (object?.['type'] !== type) return `not ${type}`;
  return hasLength(object['text'], 1, lengthMax) ? undefined : `${type} of ${text(object['text']).length} characters`;
}

function listFault(given: unknown, lengthMax: number, faultOf: (element: unknown) => string | undefined): string | undefined {
  if (!Array.isArray(given) || given.length === 0 || given.length > lengthMax) return 'too few or too many elements';
  return firstFault(given, faultOf);
}

function firstFault(list: unknown[], faultOf: (element: unknown) => string | undefined): string | undefined {
  for (const element of list) {
    const fault = faultOf(element);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const hasLength = (value: unknown, min: number, max: number): boolean => typeof value === 'string' && value.length >= min && value.length <= max;
