/** Native ESM: sources are transformed by swc, and the `.js` of an import names the `.ts` beside it. */
export default {
  // Two busy cores: a test that waits for the disk or a socket may take a while.
  testTimeout: 30_000,
  // Jest's own choice on two cores is a single process, which grows by every file that it has loaded.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '1GB',
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': '@swc/jest' },
};
