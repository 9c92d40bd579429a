/** A file with a whole world on the real clock, whose deadlines count the time that others take from it. */
export const hasWorld = (path) => path.replaceAll('\\', '/').includes('/test/acceptance/');

/** A file that plays histories in virtual time: minutes of computing, and nothing in it waits for a real clock. */
export const playsHistories = (path) => /\/rehearsal\/(?:simulation|stories|rehearse)\//.test(path.replaceAll('\\', '/'));

/** A file that runs what `npm run package` makes. */
export const needsPackage = (path) => hasWorld(path) || playsHistories(path) || path.replaceAll('\\', '/').endsWith('/rehearsal/package.test.ts');
