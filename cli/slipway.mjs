#!/usr/bin/env node
// Runs the CLI straight from a checkout: TypeScript is compiled in memory as it is loaded. Plain JavaScript, and nothing new
// in it, so that an old Node can still say what it lacks.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`slipway needs Node.js 20.19 or later, this is ${process.versions.node}: install a newer one from https://nodejs.org, then run the command again.\n`);
  process.exitCode = 2;
} else {
  // The SDK warns about the version of Node on every run; for a command that answers in a line that is noise.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { register } = await import('tsx/esm/api');
  register();
  const { runInTerminal } = await import('./main.ts');
  await runInTerminal();
}
