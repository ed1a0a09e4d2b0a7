#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Not built, as npx looks for this file once: what is not there when it is asked for first is never found again.
const main = new URL('../dist/api/cli/main.js', import.meta.url);

if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('vmledger: not built yet: `npm run build` does it, and `npm start`\n');
  process.exitCode = 2;
}
