import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The service as a process of its own, as it was built into dist. */
export interface ServiceProcess {
  readonly url: string;
  /** Ends it by a signal, unless it has ended, and answers its exit code, null if the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the built service on a free port of the loopback, and waits until it says that it listens. */
export async function startProcess(
  dataDir: string,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ServiceProcess> {
  const child: ChildProcess = spawn(process.execPath, [...args, join(root, 'dist', 'api', 'main.js')], {
    env: { ...process.env, NODE_OPTIONS: '', HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('the service has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    return {
      url,
      end: async (signal) => {
        if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
        const exit = once(child, 'exit');
        child.kill(signal);
        const [code] = (await exit) as [number | null];
        return code;
      },
    };
  }
  throw new Error('the service ended before it listened');
}
