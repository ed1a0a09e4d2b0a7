import Database from 'better-sqlite3';
import { JOURNAL_FAULTS, JournalError } from '../../../src/infra/journal/journal.js';
import { failureOf, guarded } from '../../../src/infra/journal/sqlite-faults.js';

const sqliteError = (code: string): Error => new Database.SqliteError('a message', code);

describe('an exception of SQLite', () => {
  it.each([
    ['SQLITE_FULL', 'full'],
    ['SQLITE_READONLY', 'readonly'],
    ['SQLITE_READONLY_DBMOVED', 'readonly'],
    ['SQLITE_BUSY', 'busy'],
    ['SQLITE_BUSY_SNAPSHOT', 'busy'],
    ['SQLITE_LOCKED', 'busy'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'busy'],
    ['SQLITE_IOERR_WRITE', 'broken'],
    ['SQLITE_IOERR_FSYNC', 'broken'],
    ['SQLITE_CORRUPT', 'broken'],
    ['SQLITE_CONSTRAINT_TRIGGER', 'broken'],
    ['SQLITE_CANTOPEN', 'broken'],
  ] as const)('%s is %s', (code, fault) => {
    expect(failureOf(sqliteError(code))).toEqual({ fault, detail: 'SqliteError: a message' });
    const thrower = (): never => {
      throw sqliteError(code);
    };
    expect(() => guarded(thrower)).toThrow(new JournalError(fault, 'SqliteError: a message'));
    expect(() => guarded(thrower)).toThrow(JOURNAL_FAULTS[fault]);
  });

  it('of another kind is broken', () => {
    expect(failureOf(new TypeError('what'))).toEqual({ fault: 'broken', detail: 'TypeError: what' });
  });

  it('of another kind goes through', () => {
    expect(() =>
      guarded(() => {
        throw new TypeError('what');
      }),
    ).toThrow(TypeError);
    expect(guarded(() => 7)).toBe(7);
  });
});
