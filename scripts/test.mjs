import { build, install, tool } from './lib.mjs';

install();
build();
tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json');
tool('eslint/bin/eslint.js', '.');
tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
tool('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.mjs', 'src');
tool('jest/bin/jest.js', ...process.argv.slice(2));
