// How the test files run beside each other: those with a world one after the other, most others beside them on the other cores, and
// those that play histories last, on all cores, because they would make both lanes late.
// By itself jest leaves one core free, and of two uses one. Where two would make the package at once, it is made before.
import { availableParallelism } from 'node:os';
import TestRunner from 'jest-runner';
import { tsImport } from 'tsx/esm/api';
import { hasWorld, needsPackage, playsHistories } from './lanes.mjs';

export default class LanesRunner extends TestRunner {
  #worlds;
  #histories;

  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: Math.max(1, availableParallelism() - 1) }, context);
    this.#worlds = new TestRunner({ ...globalConfig, maxWorkers: 1 }, context);
    this.#histories = new TestRunner({ ...globalConfig, maxWorkers: availableParallelism() }, context);
  }

  async runTests(tests, watcher, { serial }) {
    if (tests.some((test) => needsPackage(test.path))) {
      const { packagedArtefact } = await tsImport('../rehearsal/package.ts', import.meta.url);
      await packagedArtefact(() => undefined);
    }
    const worlds = tests.filter((test) => hasWorld(test.path));
    const histories = tests.filter((test) => playsHistories(test.path));
    const others = tests.filter((test) => !hasWorld(test.path) && !playsHistories(test.path));
    // Few files, or `--runInBand`: in this process, as jest would have it.
    if (this._globalConfig.runInBand || (serial && [worlds, others, histories].filter((lane) => lane.length > 0).length < 2)) await super.runTests(tests, watcher, { serial: true });
    else {
      await Promise.all([this.#worlds.runTests(worlds, watcher, { serial: false }), super.runTests(others, watcher, { serial: false })]);
      await this.#histories.runTests(histories, watcher, { serial: false });
    }
  }

  on(name, listener) {
    const ends = [super.on(name, listener), this.#worlds.on(name, listener), this.#histories.on(name, listener)];
    return () => ends.forEach((end) => end());
  }
}
