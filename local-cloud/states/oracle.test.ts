// The same machines in this model and in moto's interpreter, where python3 with moto 5 or later is on the machine.
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { AwsError } from '../kernel/errors.ts';
import { ORACLE_CASES } from './oracle/cases.ts';
import { testCloud } from './test-cloud.ts';

interface Verdict {
  name: string;
  status?: string;
  output?: string | null;
  error?: string | null;
  types?: string[];
  fault?: string;
}

const ORACLE_LIMIT_MS = 180_000;

function motoVersion(): number {
  try {
    const version = execFileSync('python3', ['-c', 'import moto, boto3, antlr4; print(moto.__version__)'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    return Number.parseInt(version, 10);
  } catch {
    return 0;
  }
}

const refusing = (code: string, message: string) => () => {
  throw new AwsError(code, message);
};

/** An account with nothing in it, as moto starts with. */
const STUBS = {
  dynamodb: { GetItem: refusing('ResourceNotFoundException', 'Requested resource not found') },
};

const hasMoto = motoVersion() >= 5;

const parsed = (text: string | null | undefined): unknown => (text == null ? undefined : JSON.parse(text));

function askMoto(): Promise<Verdict[]> {
  return new Promise((resolve, reject) => {
    const child = execFile('python3', [join(__dirname, 'oracle', 'moto_oracle.py')], { timeout: ORACLE_LIMIT_MS, maxBuffer: 64 * 2 ** 20 }, (error, stdout) => {
      if (error) reject(new Error(error.message, { cause: error }));
      else resolve(stdout.trim().split('\n').map((line) => JSON.parse(line) as Verdict));
    });
    child.stdin?.end(JSON.stringify(ORACLE_CASES));
  });
}

if (hasMoto) {
  describe('moto and this model agree on', () => {
    let verdicts: Map<string, Verdict>;

    beforeAll(async () => {
      verdicts = new Map((await askMoto()).map((verdict) => [verdict.name, verdict]));
    }, ORACLE_LIMIT_MS);

    it.each(ORACLE_CASES)('$name', async ({ name, definition, input, interleaves, motoDiffers }) => {
      const cloud = testCloud({ services: STUBS });
      const own = await cloud.run(definition, input);
      cloud.model.close();
      const moto = verdicts.get(name);
      const differing: readonly string[] = motoDiffers?.in ?? [];
      const compared = {
        status: [own.status, moto?.status],
        output: differing.includes('output') ? [JSON.stringify(own.output), moto?.output] : [own.output, parsed(moto?.output)],
        error: [own.error, moto?.error ?? undefined],
        types: interleaves ? [own.types.toSorted(), moto?.types?.toSorted()] : [own.types, moto?.types],
      };
      expect(moto?.fault).toBeUndefined();
      for (const [part, [ours, theirs]] of Object.entries(compared)) {
        // A difference that is gone must leave the list, too.
        if (differing.includes(part)) expect({ part, value: ours }).not.toEqual({ part, value: theirs });
        else expect({ part, value: ours }).toEqual({ part, value: theirs });
      }
    });
  });
} else {
  describe('python3 with moto 5 or later is not on this machine, so nothing is compared here', () => {
    it('finds no moto to ask', () => {
      expect(motoVersion()).toBeLessThan(5);
    });
  });
}
