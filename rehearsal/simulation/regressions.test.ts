import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from './generate.ts';
import { REGRESSIONS, savedScenario } from './regressions.ts';

describe('saved scenarios', () => {
  it('are listed with their causes, each of them', () => {
    const saved = readdirSync(join(import.meta.dirname, 'regressions')).sort();
    expect(REGRESSIONS.map(({ seed }) => `seed-${seed}.json`).sort()).toEqual(saved);
    expect(REGRESSIONS.filter(({ cause }) => !/^[A-Z].*\.$/.test(cause))).toEqual([]);
  });

  it('are of the seed that they are named by', async () => {
    for (const { seed } of REGRESSIONS) expect((await savedScenario(seed)).seed).toBe(seed);
  });

  it('lose nothing by being written down', () => {
    const scenario = generate(1106);
    expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
  });
});
