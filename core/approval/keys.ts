// What a promote skips, as it stands in a decision's `askKey`.

/** The rest of the bake at one weight. */
export const rungKey = (weightPercent: number): string => `rung.${weightPercent}`;
/** The rest of every bake of the stage. */
export const EVERY_RUNG = 'rung.*';
