import type { Worker } from 'node:worker_threads';

/**
 * The first thing that a thread says.
 *
 * @throws the thread's own error; or that it ended without a word
 */
export const firstMessage = (worker: Worker): Promise<unknown> =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with ${code} before it said anything`)));
  });
