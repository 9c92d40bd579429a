// Evaluates one JSONata expression per line of stdin: moto leaves that part of its interpreter to Java, which few machines have.
import readline from 'node:readline';
import jsonata from 'jsonata';

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { value: (await jsonata(JSON.parse(line)).evaluate(undefined)) ?? null };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
