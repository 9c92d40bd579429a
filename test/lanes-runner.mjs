// How the test files run beside each other: those with a world one after the other; beside them others, which give way, for as long as
// there are worlds, the histories last, which take the longest; and then all the rest. By itself jest leaves one core free, and of
// two uses one; a world waits a third of its time, so that it leaves room for two. Where two would make the package at once, it is made before.
import { availableParallelism } from 'node:os';
import TestRunner from 'jest-runner';
import { tsImport } from 'tsx/esm/api';
import { hasWorld, needsPackage, playsHistories } from './lanes.mjs';

/** Some seconds of tests: after each, those who run beside the worlds see whether there still are any. */
const PORTION = 20;
const PORTION_OF_HISTORIES = 2;

export default class LanesRunner extends TestRunner {
  #worlds;

  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: availableParallelism() }, context);
    this.#worlds = new TestRunner({ ...globalConfig, maxWorkers: 1 }, context);
  }

  async runTests(tests, watcher, { serial }) {
    const worlds = tests.filter((test) => hasWorld(test.path));
    const histories = tests.filter((test) => playsHistories(test.path));
    const packages = tests.filter((test) => needsPackage(test.path) && !hasWorld(test.path) && !playsHistories(test.path));
    const others = tests.filter((test) => !needsPackage(test.path));
    const packaged = tests.some((test) => needsPackage(test.path)) ? makePackage() : Promise.resolve();
    // Few files, or `--runInBand`: in this process, as jest would have it.
    if (this._globalConfig.runInBand || (serial && [worlds, others, histories].filter((lane) => lane.length > 0).length < 2)) {
      await packaged;
      return super.runTests(tests, watcher, { serial: true });
    }
    const lane = { isOver: false };
    const withWorlds = async () => {
      await packaged;
      await this.#worlds.runTests(worlds, watcher, { serial: false });
    };
    const besideTheWorlds = async () => {
      while (!lane.isOver && others.length > 0) await super.runTests(others.splice(0, PORTION), watcher, { serial: false });
      await packaged;
      while (!lane.isOver && histories.length > 0) await super.runTests(histories.splice(0, PORTION_OF_HISTORIES), watcher, { serial: false });
    };
    await Promise.all([withWorlds().finally(() => (lane.isOver = true)), besideTheWorlds()]);
    await super.runTests([...histories, ...packages, ...others], watcher, { serial: false });
  }

  on(name, listener) {
    const ends = [super.on(name, listener), this.#worlds.on(name, listener)];
    return () => ends.forEach((end) => end());
  }
}

async function makePackage() {
  const { packagedArtefact } = await tsImport('../rehearsal/package.ts', import.meta.url);
  await packagedArtefact(() => undefined);
}
