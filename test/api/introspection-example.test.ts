import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Api } from './support/api.js';

const EXAMPLE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'examples', 'introspection.sh');

it('examples/introspection.sh runs as it stands', async () => {
  const api = await Api.start();
  try {
    const shell = spawn('bash', [EXAMPLE], {
      env: { ...process.env, VMLEDGER: api.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = text(shell.stdout);
    expect(await once(shell, 'exit')).toEqual([0, null]);
    expect((await output).trimEnd().split('\n')).toEqual([
      'told: pf at 0x5000',
      'told: hypercall',
      'agent: rax 0x0',
      'mapped: 0',
      'seen: hello',
      'theirs: Hello',
      'unmapped: ENOENT',
      'divergences: []',
    ]);
  } finally {
    await api.close();
  }
});
