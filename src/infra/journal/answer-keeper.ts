import type Database from 'better-sqlite3';
import { type AnswerDraft, KEPT_FOR, type KeptAnswer, type RequestKey } from './answer-store.js';

/** Answers that one step of pruning deletes at most; each may have some 20 MiB. */
const STEP = 16;

/** The writer's side of kept answers, always within a transaction of its caller's. */
export interface AnswerKeeper {
  /** Whether a key stands for an answer that is not too old at `now`. */
  isTaken(request: RequestKey, now: number): boolean;
  keep(answer: KeptAnswer & Pick<AnswerDraft, 'hole'>, now: number): void;
  /** Deletes some that are too old; true once there are none. */
  prune(now: number): boolean;
}

/** @returns the keeper of a file's answers */
export function answerKeeper(db: Database.Database): AnswerKeeper {
  const sql = {
    taken: db.prepare<[string, string, number]>('SELECT 1 FROM answers WHERE actor = ? AND key = ? AND time > ?'),
    keep: db.prepare(
      `INSERT OR REPLACE INTO answers (actor, key, fingerprint, time, position, status, headers, body, hole)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    erased: db.prepare<[number | null]>('SELECT 1 FROM erased WHERE position = ? LIMIT 1'),
    prune: db.prepare<[number, number]>(
      'DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE time <= ? ORDER BY time LIMIT ?)',
    ),
  };
  return {
    isTaken: ({ actor, key }, now) => sql.taken.get(actor, key, now - KEPT_FOR) !== undefined,
    keep: ({ request: { actor, key, fingerprint }, position = null, status, headers, body, hole = null }, now) => {
      // An erasure that came meanwhile has the last word.
      if (sql.erased.get(position) !== undefined) return;
      sql.keep.run(actor, key, fingerprint, now, position, status, JSON.stringify(headers), body, hole);
    },
    prune: (now) => sql.prune.run(now - KEPT_FOR, STEP).changes < STEP,
  };
}
