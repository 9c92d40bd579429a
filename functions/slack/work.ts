// One decision from Slack, made like any other: the same ruling, the same record, the same bell. May run twice.
import { errorFields } from '../../adapters/log.ts';
import type { Slack } from '../../adapters/slack.ts';
import { ruleDecision, slackCaller } from '../../core/control/rule-decision.ts';
import { escaped, type About, type Interaction, type SlackDecision } from '../../core/slack/index.ts';
import { recordDecision, tellDecision } from '../shared/record-decision.ts';
import type { SlackDependencies } from './dependencies.ts';

interface Wanted {
  decision: SlackDecision;
  about: About;
  reason: string;
  userId: string;
  /** The ways back to whoever pressed. */
  responseUrl: string | undefined;
  channel: string | undefined;
}

export async function workOn(dependencies: SlackDependencies, api: Slack, interaction: Exclude<Interaction, { kind: 'ignored' }>): Promise<void> {
  const { releases, timeline, doorbell, send, names, clock, log } = dependencies;
  const wanted = wantedBy(interaction);
  const { about, userId } = wanted;
  const loaded = await releases.load(about.release);
  if (!loaded) return tell(`There is no release ${about.release} any more.`);

  const callerArn = slackCaller(userId);
  const ruling = ruleDecision({ kind: wanted.decision, stage: about.stage, askKey: about.ask, reason: wanted.reason, callerArn, via: 'slack' }, loaded.release, loaded.stages, loaded.decisions, clock.nowMs());
  if (ruling.kind === 'decide') {
    // An earlier run of the same click may have recorded it and died before it rang.
    const before = loaded.decisions.some((made) => made.callerArn === callerArn && made.kind === ruling.decision.kind && made.askKey === ruling.decision.askKey && made.stageIndex === ruling.decision.stageIndex);
    const recorded = await recordDecision(dependencies, about.release, ruling.decision);
    if (recorded === 'ended') await tell(`The release ${about.release} has ended meanwhile.`);
    if (recorded === 'already' && !before) await tell(`${ruling.decision.person} had decided this already; the first word stands.`);
  } else if (ruling.kind === 'already') {
    await tellDecision(timeline, about.release, ruling.decision);
    await doorbell.ring(about.release);
    if (ruling.decision.callerArn !== callerArn) await tell(`${ruling.decision.person} had decided this already; the first word stands.`);
  } else if (!decidedBefore()) {
    log.info('refused', { release: about.release, decision: wanted.decision, caller: callerArn, code: ruling.code });
    await tell(ruling.message);
  }
  // Also after a refusal: a message that still offers what can no longer be done is out of date.
  await send(names.announce, { releaseId: about.release });

  /** This very click ended the release, and is run again. */
  function decidedBefore(): boolean {
    return loaded?.decisions.some((made) => made.callerArn === callerArn && made.kind === wanted.decision && (about.ask === undefined || made.askKey === about.ask)) ?? false;
  }

  /** A courtesy: what was decided stands, whether or not it can be said. */
  async function tell(text: string): Promise<void> {
    const { responseUrl, channel } = wanted;
    try {
      if (responseUrl !== undefined) return await api.respond(responseUrl, escaped(text, 2000));
    } catch (error) {
      log.warn('the clicker could not be answered that way', { release: about.release, ...errorFields(error) });
    }
    try {
      if (channel !== undefined) await api.whisper(channel, userId, escaped(text, 2000));
    } catch (error) {
      log.warn('the clicker could not be answered', { release: about.release, ...errorFields(error) });
    }
  }
}

function wantedBy(interaction: Exclude<Interaction, { kind: 'ignored' }>): Wanted {
  switch (interaction.kind) {
    case 'pressed':
      return { ...interaction, reason: '' };
    case 'submitted': {
      const { decision, release, stage, ask, responseUrl, channel } = interaction.context;
      return { decision, about: { release, stage, ask }, reason: interaction.reason, userId: interaction.userId, responseUrl, channel };
    }
  }
}
