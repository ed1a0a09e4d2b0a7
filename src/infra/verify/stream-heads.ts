import Database from 'better-sqlite3';

/** Streams whose versions are kept in memory at most; the rest go to a temporary file. */
const MOST = 65_536;

/** The last version of each stream, however many there are. */
export class StreamHeads {
  private recent = new Map<number, number>();
  private readonly db = new Database('');
  private readonly sql;

  constructor() {
    this.db.exec('CREATE TABLE heads (stream INTEGER PRIMARY KEY, version INTEGER NOT NULL)');
    this.sql = {
      get: this.db.prepare<[number], number>('SELECT version FROM heads WHERE stream = ?').pluck(),
      set: this.db.prepare<[number, number]>('INSERT OR REPLACE INTO heads VALUES (?, ?)'),
    } as const;
  }

  get(stream: number): number {
    return this.recent.get(stream) ?? this.sql.get.get(stream) ?? 0;
  }

  set(stream: number, version: number): void {
    this.recent.set(stream, version);
    if (this.recent.size <= MOST) return;
    this.db.transaction(() => this.recent.forEach((last, one) => this.sql.set.run(one, last)))();
    this.recent = new Map();
  }

  close(): void {
    this.db.close();
  }
}
