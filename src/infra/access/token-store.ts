import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TOKENS_FILE } from '../data-dir.js';
import type { World } from '../world.js';
import type { Principal } from './principal.js';
import { idOf, isToken, newToken } from './token.js';
import { type Grant, type ListedToken, SCHEMA, SELECT, type TokenRow, listed } from './token-rows.js';

/** A connection to the file as it was found: another file may take its place. */
interface Reader {
  readonly db: Database.Database;
  readonly inode: number;
  readonly byId: Database.Statement<[string], TokenRow>;
}

/**
 * Bearer tokens, of which only digests are kept, in a file of their own: a copy of the ledger holds nothing of them. What one
 * process changes counts at once for every other.
 */
export class TokenStore {
  private readonly file: string;
  private reader: Reader | undefined;

  constructor(
    dataDir: string,
    private readonly world: Pick<World, 'now' | 'random'>,
  ) {
    this.file = join(dataDir, TOKENS_FILE);
  }

  /** Makes a token that is good for `life` milliseconds, for ever if that is absent. It cannot be shown again. */
  create({ actor, roles, labels }: Grant, life?: number): { readonly id: string; readonly token: string } {
    const { id, token, digest } = newToken(this.world.random);
    const createdAt = this.now();
    const expiresAt = life === undefined ? null : createdAt + life;
    this.writing((db) =>
      db
        .prepare('INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL)')
        .run(id, actor, JSON.stringify(roles), JSON.stringify(labels), digest, createdAt, expiresAt),
    );
    return { id, token };
  }

  /** All tokens in order of their creation, those included that are no good any more. */
  list(): ListedToken[] {
    const rows = this.reading()?.db.prepare<[], TokenRow>(`${SELECT} ORDER BY created_at, id`).all();
    return (rows ?? []).map(listed);
  }

  /** Makes a token good for nothing; answers whether there was one that was good. */
  revoke(id: string): boolean {
    if (this.reading() === undefined) return false;
    const { changes } = this.writing((db) =>
      db.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL').run(this.now(), id),
    );
    return changes > 0;
  }

  /** Who presents a token; undefined if it is not good. */
  principal(token: string): Principal | undefined {
    const id = idOf(token);
    const row = id === undefined ? undefined : this.reading()?.byId.get(id);
    if (row === undefined || !isToken(token, row.digest)) return undefined;
    const { actor, roles, labels, expiresAt = Infinity, revokedAt } = listed(row);
    if (revokedAt !== undefined || expiresAt <= this.now()) return undefined;
    return { actor, roles: new Set(roles), labels };
  }

  close(): void {
    this.reader?.db.close();
    this.reader = undefined;
  }

  private now(): number {
    return this.world.now().getTime();
  }

  /** The file as it is now; undefined before there is one with tokens. */
  private reading(): Reader | undefined {
    const inode = statSync(this.file, { throwIfNoEntry: false })?.ino;
    if (inode === this.reader?.inode) return this.reader;
    this.close();
    if (inode === undefined) return undefined;
    const db = new Database(this.file, { readonly: true, fileMustExist: true });
    const isMade = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'tokens'").get() !== undefined;
    if (isMade) this.reader = { db, inode, byId: db.prepare<[string], TokenRow>(`${SELECT} WHERE id = ?`) };
    else db.close();
    return this.reader;
  }

  /** Changes the file, which is made so that nobody but its owner can read it. */
  private writing<Answer>(change: (db: Database.Database) => Answer): Answer {
    closeSync(openSync(this.file, 'a', 0o600));
    chmodSync(this.file, 0o600);
    const db = new Database(this.file);
    try {
      db.pragma('synchronous = FULL');
      db.exec(SCHEMA);
      return change(db);
    } finally {
      db.close();
    }
  }
}
