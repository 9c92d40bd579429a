// What a promote skips, as it stands in a decision's `askKey`.

/** The rest of the bake at one weight. */
export const rungKey = (weightPercent: number): string => `rung.${weightPercent}`;
/** The rest of every bake of the stage. */
export const EVERY_RUNG = 'rung.*';

/** What an override is about: the newest freeze that stood in the way, and those before it. */
export const freezeKey = (atMs: number): string => `freeze.${atMs}`;
export const freezeNumberOf = (key: string): number => Number(/^freeze\.(\d+)$/.exec(key)?.[1] ?? 0);
