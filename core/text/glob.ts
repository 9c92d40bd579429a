// Globs: `*` stands for any characters (also none), `?` for exactly one; everything else is itself.

/** Linear in practice: a star that fails is only ever retried one character further, and the last star wins. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      starAt = inPattern;
      resumeAt = at;
      inPattern += 1;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[at])) {
      at += 1;
      inPattern += 1;
    } else if (starAt !== -1) {
      resumeAt += 1;
      at = resumeAt;
      inPattern = starAt + 1;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}
