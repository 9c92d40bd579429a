// The AWS CLI, for tests: an independent judge with its own (Python) implementation of every protocol.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface AwsAnswer {
  code: number;
  out: string;
  error: string;
}

export interface AwsCli {
  /** Runs one command; what it printed was JSON if it was data. */
  run(...words: string[]): Promise<AwsAnswer>;
  close(): Promise<void>;
}

/** Where Python can import it, many commands share a process; another build of it takes one for each command. */
const importable = spawnSync('python3', ['-c', 'import awscli']).status === 0;
export const hasAwsCli = importable || spawnSync('aws', ['--version']).status === 0;

/** The environment of somebody whose AWS is the local cloud. */
export function operatorEnvironment(region = 'eu-west-1'): Record<string, string | undefined> {
  const { PATH, PYENV_ROOT } = process.env;
  return {
    PATH, HOME: '/nonexistent', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_DEFAULT_REGION: region, AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '', ...(PYENV_ROOT && { PYENV_ROOT }),
  };
}

export function startAwsCli(region?: string): AwsCli {
  return importable ? inOneProcess(operatorEnvironment(region)) : inAProcessEach(operatorEnvironment(region));
}

function inOneProcess(env: Record<string, string | undefined>): AwsCli {
  const python = spawn('python3', [join(__dirname, 'aws_cli.py')], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve: (answer: AwsAnswer) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: python.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line) as AwsAnswer));
  const ended = new Promise<void>((resolve) => {
    python.once('close', (code) => {
      for (const { reject } of waiting) reject(new Error(`aws_cli.py ended with ${String(code)}`));
      resolve();
    });
  });
  return {
    run: (...words) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        python.stdin.write(`${JSON.stringify([...words, '--output', 'json'])}\n`);
      }),
    close: () => {
      python.stdin.end();
      return ended;
    },
  };
}

function inAProcessEach(env: Record<string, string | undefined>): AwsCli {
  return {
    run: (...words) =>
      new Promise((resolve) => {
        execFile('aws', [...words, '--output', 'json'], { env, maxBuffer: 2 ** 26 }, (failure, out, error) => resolve({ code: failure === null ? 0 : Number(failure.code), out, error }));
      }),
    close: () => Promise.resolve(),
  };
}
