// Stands in for @smithy/core/event-streams inside the bundles. Whoever adds an operation that streams events removes it.
export class EventStreamSerde {
  constructor() {
    throw new Error('this bundle was built without event streams: remove the stand-in in infra/bundle.cjs');
  }
}

export const eventStreamSerdeProvider = undefined;

export const resolveEventStreamSerdeConfig = (config) => config;
