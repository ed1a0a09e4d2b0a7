import type Database from 'better-sqlite3';
import type { Query, StoredRecord } from './journal.js';

/** What a reader can ask of a record besides where it stands; each is null where it does not ask. */
const FILTERS = {
  type: 'type = @type',
  outcome: "(ret < 0) = (@outcome = 'refused')",
  actor: 'actor = @actor',
  from: 'time >= @from',
  to: 'time <= @to',
  touching: `(vm = @touchedVm AND first_frame <= @touchedLast AND last_frame >= @touchedFirst OR position IN
    (SELECT position FROM touched_elsewhere WHERE vm = @touchedVm AND frame BETWEEN @touchedFirst AND @touchedLast))`,
  frames: 'first_frame <= @lastFrame AND last_frame >= @firstFrame',
} as const satisfies Partial<Record<keyof Query, string>>;

/** Where records come from: a range of the journal; of a stream by its index; or of a stream where the index ends. */
const SOURCES = {
  journal: 'vm FROM records JOIN streams USING (stream) WHERE position > @above AND position <= @upTo',
  indexed: `@vm AS vm FROM stream_index AS i CROSS JOIN records USING (position)
    WHERE i.stream = @stream AND i.version > @above AND i.version <= @upTo`,
  recent: `@vm AS vm FROM records WHERE position > @floor AND stream = @stream AND version > @above AND version <= @upTo`,
} as const;

/** A source's own order; all of them ascend by position. */
const ORDER = { journal: 'position', indexed: 'i.version', recent: 'position' } as const;

export type Source = keyof typeof SOURCES;

/** The part of the source that is looked at: positions or versions, above one and up to another. */
export interface Range {
  readonly above: number;
  readonly upTo: number;
  readonly limit: number;
  readonly stream?: number;
  readonly floor?: number;
}

/** Selects records that match a query's filters, from one source and range at a time. */
export class RecordSelect {
  /** Prepared statements by their text; there are as many as combinations of filters. */
  private readonly statements = new Map<string, Database.Statement<[object], StoredRecord>>();

  constructor(private readonly db: Database.Database) {}

  run(source: Source, range: Range, query: Query): StoredRecord[] {
    const { frames, touching, ...rest } = query;
    const touched = { touchedVm: touching?.vm, touchedFirst: touching?.first, touchedLast: touching?.last };
    const values = { ...rest, firstFrame: frames?.first, lastFrame: frames?.last, ...touched, ...range };
    return this.statement(textOf(source, query)).all(values);
  }

  private statement(text: string): Database.Statement<[object], StoredRecord> {
    const known = this.statements.get(text) ?? this.db.prepare<[object], StoredRecord>(text);
    this.statements.set(text, known);
    return known;
  }
}

function textOf(source: Source, query: Query): string {
  const filters = Object.entries(FILTERS).filter(([name]) => query[name as keyof typeof FILTERS] !== undefined);
  const position = source === 'indexed' ? 'i.version' : 'version';
  const where = [SOURCES[source], ...filters.map(([, condition]) => condition)].join(' AND ');
  return `SELECT position, ${position} AS version, leaf_hash AS leafHash, bytes, ${where} ORDER BY ${ORDER[source]} LIMIT @limit`;
}
