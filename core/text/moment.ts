/** `2026-11-23 16:00 UTC`: a moment in a text that everybody reads. Those who know where the reader is show it in their own time (`withMoments`). */
export const momentText = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const MOMENT = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b/g;

/** Every moment in a text, shown in another way. What only looks like one stays. */
export const withMoments = (text: string, show: (atMs: number) => string): string =>
  text.replace(MOMENT, (written, day: string, time: string) => {
    const atMs = Date.parse(`${day}T${time}:00Z`);
    return Number.isNaN(atMs) ? written : show(atMs);
  });
