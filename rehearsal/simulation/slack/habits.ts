// What goes wrong with Slack in a scenario. Times are counted from the moment everything is furnished.

export const SLACK_USERS = { alice: 'U0ALICE', bob: 'U0BOB', carol: 'U0CAROL', mallory: 'U0MALLORY' } as const;

export interface SlackHabits {
  rates: Partial<SlackFaultRates>;
  outages: SlackOutage[];
}

/** Chances per request; 0 is off. */
export interface SlackFaultRates {
  limited: number;
  slow: number;
  /** It is done, and the answer does not arrive. */
  answerLost: number;
  /** It is done, and whoever asked for it is killed. */
  killed: number;
}

export interface SlackOutage {
  fromMs: number;
  forMs: number;
  /** `down`: 503. `dead`: no connection. `mute`: it is done and no answer comes. */
  kind: 'down' | 'dead' | 'mute' | 'limited' | 'tokenRevoked';
}

export const NO_SLACK_FAULTS: SlackFaultRates = { limited: 0, slow: 0, answerLost: 0, killed: 0 };
