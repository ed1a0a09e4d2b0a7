import { JournalError, type JournalFault } from './journal.js';

/** Why something failed, as it crosses from the writer's thread. */
export interface Failure {
  readonly fault: JournalFault;
  readonly detail: string;
}

/** What SQLite's result codes come to, by how they begin (sqlite.org/rescode.html); every other code is `broken`. */
export const SQLITE_FAULTS = {
  SQLITE_FULL: 'full',
  SQLITE_READONLY: 'readonly',
  SQLITE_BUSY: 'busy',
  SQLITE_LOCKED: 'busy',
} as const satisfies Readonly<Record<string, JournalFault>>;

/** The result code of an exception of SQLite, as in `SQLITE_FULL`; told by its shape, since realms have classes of their own. */
export function sqliteCode(thrown: unknown): string | undefined {
  const { code } = Object(thrown) as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** An exception as SQLite throws them while others are at the file. */
export const sqliteBusy = (detail: string): Error => Object.assign(new Error(detail), { code: 'SQLITE_BUSY' });

/** What an exception of SQLite, or any other, means for the journal. */
export function failureOf(thrown: unknown): Failure {
  const code = sqliteCode(thrown);
  const known = Object.entries(SQLITE_FAULTS).find(([start]) => code?.startsWith(start));
  return { fault: known?.[1] ?? 'broken', detail: String(thrown) };
}

export const journalError = ({ fault, detail }: Failure): JournalError => new JournalError(fault, detail);

/** What `action` answers; an exception of SQLite comes out as a JournalError. */
export function guarded<Answer>(action: () => Answer): Answer {
  try {
    return action();
  } catch (error) {
    throw sqliteCode(error) === undefined ? error : journalError(failureOf(error));
  }
}
