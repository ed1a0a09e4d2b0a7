import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, tool, tools } from './lib.mjs';
import { statusFlaws } from './statuses.mjs';

install();
build();
await tools([
  ['eslint/bin/eslint.js', '.'],
  ['typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.mjs', 'src'],
]);

const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'statuses-'));
process.env.VMLEDGER_STATUSES = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
tool('jest/bin/jest.js', ...chosen);
// Some of the tests come by some of the statuses only.
const flaws = chosen.length === 0 ? statusFlaws(folder) : [];
for (const flaw of flaws) console.error(flaw);
if (flaws.length > 0) process.exitCode = 1;
