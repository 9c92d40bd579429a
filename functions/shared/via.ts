import * as v from 'valibot';

/** Which face a person used, as it says itself; Slack has a door of its own. */
export const Via = v.optional(v.picklist(['cli', 'dashboard']), 'cli');
