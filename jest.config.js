import { availableParallelism } from 'node:os';

/**
 * Tests run in plain Node processes, each of which loads a source file once (docs/decisions/0020-tests-in-plain-node.md): three on
 * two cores, since many a test waits for a process or a second.
 */
export default {
  runner: 'jest-light-runner/child-process',
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {},
  setupFiles: ['<rootDir>/test/support/typescript.mjs'],
  setupFilesAfterEnv: ['<rootDir>/test/support/time-limit.mjs'],
};
