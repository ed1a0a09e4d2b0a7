import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openForReading } from '../journal/connection.js';
import { failureOf } from '../journal/sqlite-faults.js';
import { AccessIndexer } from './access-indexer.js';
import { isBroken, openIndexFile, spoil } from './index-file.js';
import type { IndexerOptions, IndexerReply, IndexerRequest } from './indexer-messages.js';

interface Waiting {
  readonly id: number;
  readonly upTo: number;
}

/**
 * The thread that fills the index. It reads the ledger and writes a file of its own, so it holds up neither commands nor the writer. While
 * nobody waits for it, it rests after each step for as long as that took.
 */
function serve(port: MessagePort, { ledger: file, index: indexFile }: IndexerOptions): void {
  const ledger = openForReading({ file });
  const leafAt = ledger.prepare<[number], Buffer>('SELECT leaf_hash FROM records WHERE position = ?').pluck();
  const index = openIndexFile(indexFile, (position) => leafAt.get(position));
  const indexer = new AccessIndexer(ledger, index);
  const reply = (message: IndexerReply): void => port.postMessage(message);

  let waiting: readonly Waiting[] = [];
  let running = false;
  let closing = false;

  const settle = (): void => {
    const { position } = indexer;
    for (const { id, upTo } of waiting) if (upTo <= position) reply({ type: 'reached', id });
    waiting = waiting.filter(({ upTo }) => upTo > position);
  };

  const fail = (failed: readonly Waiting[], error: unknown): void => {
    for (const { id } of failed) reply({ type: 'reached', id, failure: failureOf(error) });
    waiting = waiting.filter((each) => !failed.includes(each));
  };

  const shut = (): void => {
    index.close();
    ledger.close();
    port.close();
  };

  const run = async (): Promise<void> => {
    running = true;
    try {
      while (!closing) {
        const since = performance.now();
        const asked = waiting;
        const count = await indexer.step();
        settle();
        if (count === 0) {
          const stuck = asked.filter((each) => waiting.includes(each));
          fail(stuck, new Error('the ledger has no such record'));
          if (waiting.length === 0) break;
        }
        await (waiting.length > 0 ? setImmediate() : sleep(Math.ceil(performance.now() - since)));
      }
    } catch (error) {
      fail(waiting, error);
      // Whoever asks next begins a thread, which begins a file that is broken anew.
      closing ||= isBroken(error) && spoil(index);
    }
    running = false;
    if (closing) shut();
  };

  port.on('message', (request: IndexerRequest) => {
    if (request === 'close') {
      closing = true;
      if (!running) shut();
      return;
    }
    if (request !== 'go_on') waiting = [...waiting, request];
    settle();
    if (!running) void run();
  });
  reply({ type: 'ready' });
}

if (parentPort) {
  try {
    serve(parentPort, workerData as IndexerOptions);
  } catch (error) {
    parentPort.postMessage({ type: 'not_opened', failure: failureOf(error) } satisfies IndexerReply);
  }
}
