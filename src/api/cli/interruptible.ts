import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Does work that leaves something behind if it is just killed. A signal that ends processes is told to it instead; once the
 * work has come to its end, the signal takes its course.
 */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  let told: NodeJS.Signals | undefined;
  const tell = (signal: NodeJS.Signals): void => {
    told ??= signal;
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, tell);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, tell);
    if (told) process.exit(128 + constants.signals[told]);
  }
}
