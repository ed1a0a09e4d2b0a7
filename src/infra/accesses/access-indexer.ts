import type Database from 'better-sqlite3';
import { type Access } from '../../domain/audit/accesses/access.js';
import { accessesOf } from '../../domain/audit/accesses/accesses-of.js';
import { hollowBulk, needsBulk } from '../../domain/audit/accesses/hollow.js';
import { changesMap, mapAfter } from '../../domain/audit/accesses/map-changes.js';
import { type MemoryMap, NO_MEMORY } from '../../domain/audit/accesses/memory-map.js';
import { type Maps, placed } from '../../domain/audit/accesses/places.js';
import { type BulkByRole, eventsOf } from '../../domain/audit/open-record.js';
import { type RecordBody, parseBody } from '../../domain/audit/record.js';
import type { StoredRecord } from '../journal/journal.js';
import { SqliteReader } from '../journal/sqlite-reader.js';
import { OPEN } from './index-file.js';
import { MapReader, MapWriter } from './map-store.js';
import { rowsOf } from './rows.js';

/** Records that one step takes, one transaction each. */
const STEP = 256;

/** Maps that are kept in memory. */
const MOST_MAPS = 256;

/** Fills the index from the ledger's records alone, in order, a bounded number at a time. */
export class AccessIndexer {
  private readonly reader: SqliteReader;
  private readonly maps: MapReader;
  private readonly mapWriter: MapWriter;
  /** The maps after the last record, in order of use. */
  private readonly known = new Map<string, MemoryMap>();
  private readonly sql;

  /**
   * @param ledger a connection that cannot write
   * @param index the file of the index (`openIndexFile`)
   */
  constructor(
    ledger: Database.Database,
    private readonly index: Database.Database,
  ) {
    this.reader = new SqliteReader(ledger);
    this.maps = new MapReader(index);
    this.mapWriter = new MapWriter(index);
    this.sql = {
      bulk: ledger
        .prepare<[number, string], Uint8Array>('SELECT bytes FROM bulk WHERE position = ? AND role = ?')
        .pluck(),
      position: index.prepare<[], number>('SELECT position FROM progress').pluck(),
      progress: index.prepare('UPDATE progress SET position = ?, leaf = ?'),
      vm: index.prepare<[string], number>('SELECT id FROM vms WHERE vm = ?').pluck(),
      newVm: index.prepare('INSERT INTO vms (vm) VALUES (?)'),
      access: index.prepare(
        'INSERT INTO accesses VALUES (@position, @n, @vm, @version, @time, @actor, @type, @kind, @ret, @body)',
      ),
      bin: index.prepare('INSERT INTO bins VALUES (?, ?, ?, ?, ?)'),
      write: index.prepare('INSERT OR REPLACE INTO writes VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    } as const;
  }

  /** The position up to which everything is in the index. */
  get position(): number {
    return this.sql.position.get() ?? 0;
  }

  /** Takes in the next records, if there are any, as one transaction; answers how many there were. */
  async step(): Promise<number> {
    const { records } = this.reader.look({ after: this.position, limit: STEP });
    const last = records.at(-1);
    if (last === undefined) return 0;
    const past = await this.pastOf(records);
    try {
      this.index.transaction(() => {
        for (const record of records) this.take(record, past);
        this.sql.progress.run(last.position, last.leafHash);
      })();
    } catch (error) {
      this.known.clear();
      throw error;
    }
    return records.length;
  }

  /** The positions of the versions that records looked at, by VM and version. */
  private async pastOf(records: readonly StoredRecord[]): Promise<ReadonlyMap<string, number>> {
    const positions = new Map<string, number>();
    for (const { vm, bytes } of records) {
      const asOf = asOfIn(bytes);
      if (asOf === undefined) continue;
      const query = { vm, after: 0, limit: 1, afterVersion: asOf - 1, upToVersion: asOf };
      const [found] = await this.reader.read(query);
      if (found) positions.set(`${vm} ${asOf}`, found.position);
    }
    return positions;
  }

  private take({ bytes, position, vm }: StoredRecord, past: ReadonlyMap<string, number>): void {
    const body = recordIn(bytes);
    if (body === undefined) return;
    const bulk = this.bulkOf(body);
    const events = eventsOf(body, bulk);
    accessesOf(body, bulk, events).forEach((access, n) => this.keep(body, n, access, past));
    if (!events.some(({ type }) => changesMap(type))) return;
    const before = this.mapOf(vm) ?? NO_MEMORY;
    const after = events.reduce(mapAfter, before);
    this.mapWriter.change(this.idOf(vm), position, before, after);
    this.know(vm, after);
  }

  private keep(body: RecordBody, n: number, access: Access, past: ReadonlyMap<string, number>): void {
    const { vm, position } = body;
    const at = access.asOf === undefined ? undefined : (past.get(`${vm} ${access.asOf}`) ?? 0);
    const maps: Maps = at === undefined ? (id) => this.mapOf(id) : (id) => this.pastMapOf(id, at);
    const rows = rowsOf(body, n, placed(access, vm, maps));
    this.sql.access.run(rows.access);
    for (const { vm: of, level, bin } of rows.bins) this.sql.bin.run(this.idOf(of), level, bin, position, n);
    for (const { vm: of, level, bin, page, start, size } of rows.writes)
      this.sql.write.run(this.idOf(of), level, bin, position, n, page, start, size);
  }

  /** The JSON beside a record; of bytes nothing is read. */
  private bulkOf(body: RecordBody): BulkByRole {
    if (!needsBulk(body)) return hollowBulk(body, new Map());
    const roles = (body.data ?? []).filter(({ form }) => form === 'json').map(({ role }) => role);
    const read = roles.flatMap((role): [string, Uint8Array][] => {
      const bytes = this.sql.bulk.get(body.position, role);
      return bytes ? [[role, bytes]] : [];
    });
    return hollowBulk(body, new Map(read));
  }

  /** The map of a VM after the last record. */
  private mapOf(vm: string): MemoryMap | undefined {
    const known = this.known.get(vm);
    if (known) return known;
    const id = this.sql.vm.get(vm);
    if (id === undefined) return undefined;
    return this.know(vm, this.maps.at(id, OPEN - 1));
  }

  private pastMapOf(vm: string, position: number): MemoryMap | undefined {
    const id = this.sql.vm.get(vm);
    return id === undefined ? undefined : this.maps.at(id, position);
  }

  private know(vm: string, map: MemoryMap): MemoryMap {
    this.known.delete(vm);
    this.known.set(vm, map);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_MAPS && oldest !== undefined) this.known.delete(oldest);
    return map;
  }

  private idOf(vm: string): number {
    return this.sql.vm.get(vm) ?? Number(this.sql.newVm.run(vm).lastInsertRowid);
  }
}

const AS_OF = /"asOf":(\d+)/;

/** The version that a record's command looked at, if it looked at the past. */
function asOfIn(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const found = AS_OF.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** A record by its bytes; undefined for bytes that are none, in which nothing was touched. */
function recordIn(bytes: Uint8Array): RecordBody | undefined {
  const body: Partial<RecordBody> = parseBody(bytes);
  return body.command && body.events && body.outcome ? (body as RecordBody) : undefined;
}
