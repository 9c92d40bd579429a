/**
 * What nobody answers. A new promise each time: whoever waits for one that is kept is kept by it, and with it the whole world that
 * it lives in.
 */
export const never = (): Promise<never> => new Promise<never>(() => undefined);
