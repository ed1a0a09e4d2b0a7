import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI } from './cli.js';

const HOLD = new URL('../../support/hold-writes.mjs', import.meta.url).href;

/** A command that is at its work, and does not come to its end, when a signal reaches it. */
export interface CutOff {
  readonly args: readonly string[];
  readonly signal: NodeJS.Signals;
  /** What is there once the command is at its work. */
  readonly file: string;
  /** What it is given on standard input: half of it before the signal, the rest after it. */
  readonly input?: string;
}

/** Runs a command until a signal ends it; answers its exit code, null if the signal killed it. An export does not come to its end. */
export async function cutOff({ args, signal, file, input = '' }: CutOff): Promise<number | null> {
  const child = spawn(process.execPath, ['--import', HOLD, CLI, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exit = once(child, 'exit');
  // It reads no more once it is told to end.
  child.stdin.on('error', () => undefined);
  const half = input.indexOf('\n', input.length / 2);
  child.stdin.write(input.slice(0, half));
  while (!existsSync(file)) await sleep(1);
  child.kill(signal);
  child.stdin.end(input.slice(half));
  const [code] = (await exit) as [number | null];
  return code;
}
