// The digest of an image: `sha256:` and 64 hexadecimal digits.

export const DIGEST = /^sha256:[0-9a-f]{64}$/;

const ALGORITHM = 'sha256:';
const SHORT_LENGTH = 12;

/** `68c4a2b57417`: the hexadecimal digits that it begins with. */
export const shortDigest = (digest: string, length = SHORT_LENGTH): string => digest.slice(ALGORITHM.length, ALGORITHM.length + length);
