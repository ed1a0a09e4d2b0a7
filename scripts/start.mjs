import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, root } from './lib.mjs';

install();
build();

const service = spawn(process.execPath, [join(root, 'dist', 'api', 'main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_OPTIONS: '' },
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => service.kill(signal));
service.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
