import { type Role, isRole } from './principal.js';

export const SCHEMA = `CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  roles TEXT NOT NULL, -- JSON, as the labels
  labels TEXT NOT NULL,
  digest BLOB NOT NULL, -- SHA-256 of the token
  created_at INTEGER NOT NULL, -- milliseconds since 1970, as the others
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID`;

/** What a token lets its owner do. */
export interface Grant {
  readonly actor: string;
  readonly roles: readonly Role[];
  /** Labels that a VM must have to be there for it; none for every VM. */
  readonly labels: readonly string[];
}

/** A token as it is listed. */
export interface ListedToken extends Grant {
  readonly id: string;
  /** Milliseconds since 1970, as the others. */
  readonly createdAt: number;
  /** Absent if it never expires. */
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

/** A row of the table `tokens`. */
export interface TokenRow {
  readonly id: string;
  readonly actor: string;
  readonly roles: string;
  readonly labels: string;
  readonly digest: Buffer;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** Every field of a row, by its name here. */
export const SELECT =
  'SELECT id, actor, roles, labels, digest, created_at AS createdAt, expires_at AS expiresAt, revoked_at AS revokedAt FROM tokens';

export const listed = ({ id, actor, roles, labels, createdAt, expiresAt, revokedAt }: TokenRow): ListedToken => ({
  id,
  actor,
  roles: (JSON.parse(roles) as string[]).filter(isRole),
  labels: JSON.parse(labels) as string[],
  createdAt,
  ...(expiresAt !== null && { expiresAt }),
  ...(revokedAt !== null && { revokedAt }),
});
