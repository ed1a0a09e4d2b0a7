import { Worker } from 'node:worker_threads';
import { firstMessage } from '../../src/infra/first-message.js';

const thread = (code: string): Worker => new Worker(code, { eval: true });

describe('the first message of a thread', () => {
  it('is what it says first', async () => {
    const worker = thread(
      "const { parentPort } = require('worker_threads'); parentPort.postMessage('a'); parentPort.postMessage('b')",
    );
    expect(await firstMessage(worker)).toBe('a');
  });

  it.each([
    ['that ends without a word', '', /ended with 0 before/],
    ['that gives up', 'process.exit(3)', /ended with 3 before/],
    ['that fails', "throw new Error('no disk')", /no disk/],
  ])('is an error of one %s', async (_what, code, message) => {
    await expect(firstMessage(thread(code))).rejects.toThrow(message);
  });
});
