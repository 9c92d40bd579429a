// The service's settings, read once from the environment: a bad value stops the service at its start and not at its first request.

export function settingsFrom(env) {
  return {
    version: env.VERSION ?? '0.0.0',
    // The local cloud runs tasks as processes and says so with PORT_8080: then nobody beyond this machine should reach them.
    host: env.HOST ?? (env.PORT_8080 ? '127.0.0.1' : '0.0.0.0'),
    port: numberIn(env, 'PORT', { min: 0, max: 65_535 }) ?? 8080,
    latencyMs: numberIn(env, 'LATENCY_MS', { min: 0, max: 60_000 }) ?? 5,
    errorRate: numberIn(env, 'ERROR_RATE', { min: 0, max: 1 }) ?? 0,
    crashAfterMs: numberIn(env, 'CRASH_AFTER_MS', { min: 0, max: 2 ** 31 - 1 }),
    crashAtStart: env.CRASH_AT_START === 'true',
  };
}

function numberIn(env, name, { min, max }) {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isNaN(value) || value < min || value > max) throw new Error(`${name} must be a number from ${min} to ${max}, not "${text}"`);
  return value;
}
