import type Database from 'better-sqlite3';
import type { MemoryMap } from '../../domain/audit/accesses/memory-map.js';
import type { PageWrite } from '../../domain/audit/accesses/last-writes.js';
import { ALL, type Bin } from './bins.js';
import { MapReader } from './map-store.js';
import type { AccessRow } from './rows.js';

/** Where an access is: a record, and which of its accesses. */
export interface Place {
  readonly position: number;
  readonly n: number;
}

/** A write that the index has. */
export type FoundWrite = PageWrite & Place;

/** The bin that has everything of a VM. */
export const EVERYTHING: Bin = { level: ALL, bin: 0 };

const COLUMNS = 'position, n, vm, version, time, actor, type, kind, ret, body';

/** Reads the file of the index; every call reads a bounded number of rows. */
export class AccessReader {
  private readonly maps: MapReader;
  private readonly sql;

  constructor(db: Database.Database) {
    this.maps = new MapReader(db);
    this.sql = {
      vm: db.prepare<[string], number>('SELECT id FROM vms WHERE vm = ?').pluck(),
      page: db.prepare<[object], AccessRow>(
        `SELECT ${COLUMNS} FROM accesses WHERE (position, n) > (@position, @n) AND position <= @upTo
         ORDER BY position, n LIMIT @limit`,
      ),
      one: db.prepare<[number, number], AccessRow>(`SELECT ${COLUMNS} FROM accesses WHERE position = ? AND n = ?`),
      places: db.prepare<[object], Place>(
        `SELECT position, n FROM bins WHERE vm = @vm AND level = @level AND bin = @bin
           AND (position, n) > (@position, @n) AND position <= @upTo ORDER BY position, n LIMIT @limit`,
      ),
      writes: db.prepare<[object], FoundWrite>(
        `SELECT position, n, page, start, size FROM writes WHERE vm = @vm AND level = @level AND bin = @bin
           AND (position, n, page, start) < (@position, @n, @page, @start)
         ORDER BY position DESC, n DESC, page DESC, start DESC LIMIT @limit`,
      ),
    } as const;
  }

  /** The number of a VM in the file; undefined if no access of it is there. */
  idOf(vm: string): number | undefined {
    return this.sql.vm.get(vm);
  }

  /** The map of a VM's memory after the record at a position. */
  mapAt(vm: number, position: number): MemoryMap {
    return this.maps.at(vm, position);
  }

  /** Accesses of all VMs after one, in records up to a position. */
  page(after: Place, upTo: number, limit: number): AccessRow[] {
    return this.sql.page.all({ ...after, upTo, limit });
  }

  one({ position, n }: Place): AccessRow | undefined {
    return this.sql.one.get(position, n);
  }

  /** Accesses in a bin of a VM after one, in records up to a position. */
  places(vm: number, bin: Bin, after: Place, upTo: number, limit: number): Place[] {
    return this.sql.places.all({ vm, ...bin, ...after, upTo, limit });
  }

  /** Writes in a bin of a VM's pages before one, the last first. */
  writes(vm: number, bin: Bin, before: FoundWrite, limit: number): FoundWrite[] {
    return this.sql.writes.all({ vm, ...bin, ...before, limit });
  }
}
