import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A folder on the disk that the project is on, and its removal: the system's temporary folder may be in memory. */
export function scratch() {
  const path = mkdtempSync(join(import.meta.dirname, '..', 'dist', 'bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Things done a second: the median over `runs` of `body`, which does `count` things. */
export async function rate(count, runs, body) {
  const rates = [];
  for (let i = 0; i < runs; i++) {
    const start = process.hrtime.bigint();
    await body(i);
    rates.push(count / (Number(process.hrtime.bigint() - start) / 1e9));
  }
  return median(rates);
}

/** Starts a server of ours and answers its address, from the line in which it says so. */
export async function serve(script, env = {}) {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url) return { url, stop: () => (child.kill('SIGTERM'), once(child, 'exit')) };
  }
  throw new Error(`${script} did not start`);
}
