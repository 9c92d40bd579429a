// What the parts of the control function share: what they need, what they are asked, and how they say no.
import type { Clock } from '../../adapters/clock.ts';
import type { Doorbell } from '../../adapters/doorbell.ts';
import type { Invoke } from '../../adapters/functions.ts';
import type { Logger } from '../../adapters/log.ts';
import type { Freezes } from '../../adapters/records/freezes.ts';
import type { Holds } from '../../adapters/records/holds.ts';
import type { Releases } from '../../adapters/records/releases.ts';
import type { Specifications } from '../../adapters/records/specifications.ts';
import type { Timeline } from '../../adapters/records/timeline.ts';
import type { Place } from '../../core/arn.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { ControlErrorAnswer, ControlErrorCode } from '../../core/view/api.ts';

export interface ControlDependencies {
  specifications: Specifications;
  releases: Releases;
  holds: Holds;
  freezes: Freezes;
  timeline: Timeline;
  /** Other functions do what this one has no permission for. */
  invoke: Invoke;
  names: { preflightFunction: string; imagePushedFunction: string; observeFunction: string };
  doorbell: Doorbell;
  /** Rings every release that watches one of these services. */
  ringServices: (serviceArns: string[]) => Promise<void>;
  /** Lets Slack show where a release stands now, where there is a Slack. */
  announce: (releaseId: string) => Promise<void>;
  place: Place;
  clock: Clock;
  log: Logger;
}

/** An answer that is not what was asked for, in the API's own words. */
export class ControlFault extends SlipwayError {
  override readonly name = 'ControlFault';
  readonly retry = 'never';
  readonly code: ControlErrorCode;
  readonly faults: NonNullable<ControlErrorAnswer['error']['faults']> | undefined;

  constructor(code: ControlErrorCode, message: string, hint?: string, faults?: ControlErrorAnswer['error']['faults']) {
    super(message, hint);
    this.code = code;
    this.faults = faults;
  }
}

export interface ControlRequest {
  method: string;
  path: string[];
  query: Record<string, string>;
  body: unknown;
  callerArn: string;
}
