/**
 * Tests run in plain Node processes, two on two cores, each of which loads a source file once
 * (docs/decisions/0020-tests-in-plain-node.md).
 */
export default {
  runner: 'jest-light-runner/child-process',
  maxWorkers: '100%',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {},
  setupFiles: ['<rootDir>/test/support/typescript.mjs'],
  setupFilesAfterEnv: ['<rootDir>/test/support/time-limit.mjs'],
};
