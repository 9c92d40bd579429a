// A sequence is one run through a group of states: the whole machine, one branch of a Parallel, one iteration of a Map.
// It remembers where it stands, so that RedriveExecution can go on from there.
import type { StateGroup } from '../language/definition.ts';
import type { Json, JsonObject } from '../language/json.ts';

/** Variables of one scope. Inner scopes read the outer ones; what they assign stays their own. */
export class Variables {
  private readonly outer: Variables | undefined;
  private own: JsonObject = {};

  constructor(outer?: Variables) {
    this.outer = outer;
  }

  assign(values: JsonObject): void {
    this.own = { ...this.own, ...values };
  }

  all(): JsonObject {
    return this.outer ? { ...this.outer.all(), ...this.own } : this.own;
  }
}

export interface MapItem {
  Index: number;
  Value: Json;
}

export interface Sequence {
  readonly group: StateGroup;
  readonly variables: Variables;
  /** The innermost Map iteration this runs in. */
  readonly mapItem: MapItem | undefined;
  /** The event the next one follows. */
  lastEventId: number;
  /** The state to run (next), and what goes into it. */
  position: { stateName: string; inputText: string };
  /** The state at `position` is in the history already; a redrive does not enter it again. */
  entered: boolean;
  /** Branches or iterations of the Parallel or Map at `position`; kept when it fails, for a redrive. */
  inner: Sequence[] | undefined;
  /** Set once the sequence has reached its end. */
  outputText: string | undefined;
}

export const startSequence = (group: StateGroup, inputText: string, outer?: Variables, mapItem?: MapItem): Sequence => ({
  group,
  variables: new Variables(outer),
  mapItem,
  lastEventId: 0,
  position: { stateName: group.StartAt, inputText },
  entered: false,
  inner: undefined,
  outputText: undefined,
});
