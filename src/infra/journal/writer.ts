import type Database from 'better-sqlite3';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { Appender } from './appender.js';
import { openForWriting, type SqliteOptions } from './connection.js';
import { hasErasures, sweep } from './eraser.js';
import { jobSteps } from './jobs.js';
import { failureOf } from './sqlite-faults.js';
import { TreeKeeper } from './tree-keeper.js';
import type { DraftRow, Job, Reply, Request } from './writer-messages.js';

/** Drafts of one transaction, after which no more are waited for. */
const MAX_DRAFTS = 1024;

/** Makes what of the tree the file has not. A file that cannot be written to does without. */
function catchUp(db: Database.Database): void {
  try {
    new TreeKeeper(db).catchUp();
  } catch {
    // Whoever reads the tree makes what is missing as it is asked for.
  }
}

/** Makes up for a sweep that a crash prevented. While others read the file, `Erasures` goes on trying. */
function sweepAfterCrash(db: Database.Database): void {
  try {
    if (hasErasures(db)) sweep(db);
  } catch {
    // As above.
  }
}

/**
 * The writer's thread: takes whatever waits and commits it as one transaction (group commit). Between two transactions it
 * does one step of a job.
 */
function serve(port: MessagePort, options: SqliteOptions): void {
  const db = openForWriting(options);
  catchUp(db);
  sweepAfterCrash(db);
  const appender = new Appender(db);
  const step = jobSteps(db);
  const reply = (message: Reply): void => port.postMessage(message);

  let drafts: readonly DraftRow[] = [];
  let closing = false;
  const jobs: { readonly id: number; readonly job: Job }[] = [];

  const take = (request: Request): void => {
    if (request === 'close') closing = true;
    else if ('job' in request) jobs.push(request);
    else drafts = drafts.length === 0 ? request : [...drafts, ...request];
  };

  const takeWaiting = (): void => {
    while (drafts.length < MAX_DRAFTS) {
      const waiting = receiveMessageOnPort(port) as { readonly message: Request } | undefined;
      if (waiting === undefined) return;
      take(waiting.message);
    }
  };

  const stepFirstJob = (): void => {
    const first = jobs[0];
    if (first === undefined) return;
    const { id, job } = first;
    try {
      if (!step(job)) return;
      reply({ type: 'job_done', id });
    } catch (error) {
      reply({ type: 'job_done', id, failure: failureOf(error) });
    }
    jobs.shift();
  };

  const shut = (): void => {
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // What is in the write-ahead log is as durable there.
    }
    db.close();
    port.close();
  };

  port.on('message', (request: Request) => {
    take(request);
    takeWaiting();
    while (drafts.length > 0 || jobs.length > 0) {
      if (drafts.length > 0) reply({ type: 'committed', committed: appender.commit(drafts) });
      drafts = [];
      stepFirstJob();
      takeWaiting();
    }
    if (closing) shut();
  });
  reply({ type: 'ready' });
}

if (parentPort) {
  try {
    serve(parentPort, workerData as SqliteOptions);
  } catch (error) {
    parentPort.postMessage({ type: 'not_opened', failure: failureOf(error) } satisfies Reply);
  }
}
