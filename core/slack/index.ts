// Slack as core sees it: what is shown, and what is understood.

export { aboutOf, button, LOOKS, SLACK_DECISIONS, type About, type SlackDecision } from './buttons.ts';
export { fitting, LIMITS, type Block, type Message } from './blocks.ts';
export { parseInteraction, type Interaction } from './interaction.ts';
export { reasonModal, type ModalContext } from './modal.ts';
export { newsMessage, newsOf } from './news.ts';
export { releaseMessage, type Shown } from './release-message.ts';
export { escaped } from './text.ts';
export { webhookMessage } from './webhook-message.ts';
