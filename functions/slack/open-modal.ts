// A decision that needs a reason asks for it in a modal, if it could be made at all.
import { errorFields } from '../../adapters/log.ts';
import { ruleDecision, slackCaller } from '../../core/control/rule-decision.ts';
import { LOOKS, reasonModal, type Interaction } from '../../core/slack/index.ts';
import type { SlackDependencies } from './dependencies.ts';

/** True when there is nothing more to do now: the modal is open, or could not be opened although the decision could be made. */
export async function openModal({ releases, slack, clock, log }: SlackDependencies, pressed: Extract<Interaction, { kind: 'pressed' }>): Promise<boolean> {
  const { decision, about, userId, triggerId, responseUrl, channel } = pressed;
  if (!slack || LOOKS[decision].asksReason !== true || triggerId === undefined) return false;
  try {
    const loaded = await releases.load(about.release);
    const wanted = { kind: decision, stage: about.stage, askKey: about.ask, reason: 'to be given', callerArn: slackCaller(userId), via: 'slack' } as const;
    if (!loaded || ruleDecision(wanted, loaded.release, loaded.stages, loaded.decisions, clock.nowMs()).kind !== 'decide') return false;
    await slack.api.openModal(triggerId, reasonModal(decision, about, { responseUrl, channel }));
    return true;
  } catch (error) {
    // Nothing was decided; the person sees that nothing opened and presses again, or uses the CLI. A retry of Slack's ends here too.
    log.error('modal not opened', { release: about.release, ...errorFields(error) });
    return true;
  }
}
