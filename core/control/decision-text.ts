// A decision as a sentence: to the one who has made it, and in the story of the release, where everybody else reads from where it came.
import type { Decision } from '../release/model.ts';

const SURFACES: Record<Decision['via'], string> = { cli: 'the command line', slack: 'Slack', dashboard: 'the dashboard' };

export const fromSurface = (via: Decision['via']): string => `from ${SURFACES[via]}`;

const WORDS: Record<Decision['kind'], string> = { approve: 'Approved', reject: 'Rejected', abort: 'Aborted', promote: 'The rest of the bake was skipped', override: 'The freeze was overridden' };

/** `Approved by alice: looks good` */
export const decisionText = ({ kind, person, reason }: Decision): string => byText(WORDS[kind], person, reason);

/** `Approved by alice, from Slack: looks good` */
export const decisionStory = ({ kind, person, via, reason }: Decision): string => byText(WORDS[kind], `${person}, ${fromSurface(via)}`, reason);

const byText = (what: string, who: string, reason: string): string => `${what} by ${who}${reason ? `: ${reason}` : '.'}`;
