/** A file with a whole world on the real clock, whose deadlines count the time that others take from it. */
export const hasWorld = (path) => path.replaceAll('\\', '/').includes('/test/acceptance/');

/** A file that runs what `npm run package` makes. */
export const needsPackage = (path) => hasWorld(path) || /\/rehearsal\/(?:(?:stories|rehearse)\/|package\.test)/.test(path.replaceAll('\\', '/'));
