import type Database from 'better-sqlite3';
import { type AnswerStore, KEPT_FOR, type KeptAnswer, filledBody, unshared, withoutBytes } from './answer-store.js';
import { guarded } from './sqlite-faults.js';
import type { WriterClient } from './writer-client.js';

interface AnswerRow {
  readonly fingerprint: Buffer;
  readonly position: number | null;
  readonly status: number;
  readonly headers: string;
  readonly body: Buffer;
  readonly hole: number | null;
  readonly erasure: number | null;
}

/** Answers in the journal's file, written by the journal's writer. */
export class SqliteAnswerStore implements AnswerStore {
  private readonly select;

  constructor(
    db: Database.Database,
    private readonly writer: WriterClient,
  ) {
    this.select = db.prepare<[string, string, number], AnswerRow>(
      `SELECT fingerprint, position, status, headers, body, hole, erasure FROM answers
       WHERE actor = ? AND key = ? AND time > ?`,
    );
  }

  async find(actor: string, key: string, now: number): Promise<KeptAnswer | undefined> {
    const row = guarded(() => this.select.get(actor, key, now - KEPT_FOR));
    return Promise.resolve(row && answerOf(actor, key, row));
  }

  keep(answer: KeptAnswer, now: number): Promise<void> {
    return this.writer.run({ type: 'keep_answer', answer: unshared(answer), now });
  }

  prune(now: number): Promise<void> {
    return this.writer.run({ type: 'prune_answers', now });
  }
}

function answerOf(actor: string, key: string, row: AnswerRow): KeptAnswer {
  const { fingerprint, position, status, hole } = row;
  const headers = JSON.parse(row.headers) as KeptAnswer['headers'];
  const body = hole === null || position === null ? row.body : filledBody({ body: row.body, hole }, position);
  const answer = {
    request: { actor, key, fingerprint },
    status,
    headers,
    body,
    ...(position !== null && { position }),
  };
  return row.erasure === null ? answer : withoutBytes(answer, row.erasure);
}
