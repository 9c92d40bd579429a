/** `text` with a full stop, unless it ends like a sentence already: what people and AWS write comes both ways. */
export const sentence = (text: string): string => (/[.!?]"?$/.test(text) ? text : `${text}.`);
