import { join } from 'node:path';
import { build, install, root, run } from './lib.mjs';

install();
build();
run(process.execPath, [join(root, 'bench', 'main.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_OPTIONS: '' },
});
