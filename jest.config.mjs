/** Tests live beside what they test (`*.test.ts`) and, when they cross folders, under `test/`. */
export default {
  runner: '<rootDir>/test/lanes-runner.mjs',
  testEnvironment: '<rootDir>/test/lanes-environment.mjs',
  // What a test waits for has a limit of its own; this one only ends what hangs, also where the machine is busy.
  testTimeout: 30_000,
  testMatch: ['<rootDir>/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.serverless/'],
  transform: {
    '^.+\\.[cm]?[jt]s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // middy publishes ES modules only; everything else in node_modules is loaded as it is.
  transformIgnorePatterns: ['node_modules/(?!(@middy)/)'],
  moduleNameMapper: { '^@middy/([a-z-]+)$': '<rootDir>/node_modules/@middy/$1/index.js' },
  setupFiles: ['<rootDir>/test/setup.mjs'],
};
