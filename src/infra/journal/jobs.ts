import type Database from 'better-sqlite3';
import { answerKeeper } from './answer-keeper.js';
import { hasErasures, sweep } from './eraser.js';
import type { Job } from './writer-messages.js';

/** Rows that one step of a job deletes at most, so that appends need not wait long. */
const STEP = 256;

/** Room for the longest record and the pages above it. */
const PROOF_BYTES = 128 * 1024;

/** One step of a job; true once there is nothing left to do. */
type Step<Type extends Job['type']> = (job: Extract<Job, { readonly type: Type }>) => boolean;

/**
 * What the writer does besides appending, each step but `sweep` one transaction. None of it is a record: a failure costs none.
 */
export function jobSteps(db: Database.Database): (job: Job) => boolean {
  const sql = {
    node: db.prepare('INSERT OR IGNORE INTO nodes VALUES (?, ?, ?, ?)'),
    snapshot: db.prepare('INSERT OR REPLACE INTO snapshots VALUES (@vm, @version, @position, @model, @control)'),
    erased: db.prepare<[string, number]>('SELECT 1 FROM erasures WHERE vm = ? AND position > ?'),
    dropSnapshots: db.prepare('DELETE FROM snapshots WHERE vm = ?'),
    dropNodes: db.prepare(
      'DELETE FROM nodes WHERE vm = @vm AND digest IN (SELECT digest FROM nodes WHERE vm = @vm LIMIT @limit)',
    ),
    putWebhook: db.prepare(
      'INSERT OR REPLACE INTO webhooks VALUES (@id, @created, @secret, @settings, @cursor, @failure, @maker)',
    ),
    advanceWebhook: db.prepare('UPDATE webhooks SET cursor = @cursor, failure = @failure WHERE id = @id'),
    dropWebhook: db.prepare('DELETE FROM webhooks WHERE id = ?'),
    fill: db.prepare('INSERT INTO room VALUES (zeroblob(?))'),
    clear: db.prepare('DELETE FROM room'),
  };
  const answers = answerKeeper(db);
  /** Whether what a VM had at a position may hold what was erased since. */
  const isGone = (vm: string, position: number): boolean => sql.erased.get(vm, position) !== undefined;
  const steps: { readonly [Type in Job['type']]: Step<Type> } = {
    keep_nodes: ({ vm, position, nodes }) => {
      if (isGone(vm, position)) return true;
      for (const { digest, level, body } of nodes) sql.node.run(vm, digest, level, body);
      return true;
    },
    keep_snapshot: ({ snapshot }) => {
      if (isGone(snapshot.vm, snapshot.position)) return true;
      sql.snapshot.run(snapshot);
      return true;
    },
    drop_snapshots: ({ vm }) => {
      sql.dropSnapshots.run(vm);
      return sql.dropNodes.run({ vm, limit: STEP }).changes < STEP;
    },
    put_webhook: ({ row, keep }) => {
      sql.putWebhook.run(row);
      if (keep) answers.keep(keep.answer, keep.now);
      return true;
    },
    advance_webhooks: ({ rows }) => {
      for (const row of rows) sql.advanceWebhook.run(row);
      return true;
    },
    drop_webhook: ({ id, keep }) => {
      sql.dropWebhook.run(id);
      if (keep) answers.keep(keep.answer, keep.now);
      return true;
    },
    keep_answer: ({ answer, now }) => {
      answers.keep(answer, now);
      return true;
    },
    prune_answers: ({ now }) => answers.prune(now),
    prove_room: () => {
      sql.fill.run(PROOF_BYTES);
      sql.clear.run();
      return true;
    },
    sweep: () => {
      if (hasErasures(db)) sweep(db);
      return true;
    },
  };
  const step = (job: Job): boolean => (steps[job.type] as Step<Job['type']>)(job);
  const transaction = db.transaction(step);
  return (job) => (job.type === 'sweep' ? step(job) : transaction.immediate(job));
}
