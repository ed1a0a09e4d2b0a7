import type Database from 'better-sqlite3';
import type { MapSlot, MemoryMap } from '../../domain/audit/accesses/memory-map.js';
import type { LentPage } from '../../domain/vm/state.js';
import { OPEN } from './index-file.js';

interface BorrowedRow {
  readonly page: number;
  readonly lender: string;
  readonly lenderPage: number;
}

/** Reads maps of memory as they were after a position, or as they are. */
export class MapReader {
  private readonly sql;

  constructor(db: Database.Database) {
    const at = 'WHERE vm = @vm AND until > @position AND since <= @position';
    this.sql = {
      slots: db.prepare<[object], MapSlot>(
        `SELECT slot, first_frame AS firstFrame, frames, first_page AS firstPage FROM slots ${at} ORDER BY first_frame`,
      ),
      borrowed: db.prepare<[object], BorrowedRow>(`SELECT page, lender, lender_page AS lenderPage FROM borrowed ${at}`),
      lent: db.prepare<[object], LentPage>(
        `SELECT page, borrower, borrower_page AS borrowerPage FROM lent ${at} ORDER BY page, borrower, borrower_page`,
      ),
    } as const;
  }

  /** @param vm the VM's number in the file */
  at(vm: number, position: number): MemoryMap {
    const { slots, borrowed, lent } = this.sql;
    const found = borrowed.all({ vm, position });
    return {
      slots: slots.all({ vm, position }),
      remote: new Map(found.map(({ page, lender, lenderPage }) => [page, { vm: lender, page: lenderPage }])),
      lent: lent.all({ vm, position }),
    };
  }
}

/** What is in one collection and not in another, by identity. */
const missing = <Item>(of: Iterable<Item>, without: Iterable<Item>): Item[] => {
  const there = new Set(without);
  return [...of].filter((item) => !there.has(item));
};

const pagesOf = ({ remote }: MemoryMap): Map<string, readonly [page: number, lender: string, lenderPage: number]> =>
  new Map([...remote].map(([page, { vm, page: theirs }]) => [`${page} ${theirs} ${vm}`, [page, vm, theirs] as const]));

/** Keeps what changes in maps of memory. */
export class MapWriter {
  private readonly sql;

  constructor(db: Database.Database) {
    const end = (table: string, which: string) =>
      db.prepare(`UPDATE OR REPLACE ${table} SET until = @position WHERE vm = @vm AND until = ${OPEN} AND ${which}`);
    this.sql = {
      endSlot: end('slots', 'slot = @slot'),
      slot: db.prepare(
        `INSERT OR REPLACE INTO slots VALUES (@vm, ${OPEN}, @slot, @position, @firstFrame, @frames, @firstPage)`,
      ),
      endBorrowed: end('borrowed', 'page = @page'),
      borrowed: db.prepare(
        `INSERT OR REPLACE INTO borrowed VALUES (@vm, ${OPEN}, @page, @position, @lender, @lenderPage)`,
      ),
      endLent: end('lent', 'page = @page AND borrower = @borrower AND borrower_page = @borrowerPage'),
      lent: db.prepare(`INSERT OR REPLACE INTO lent VALUES (@vm, ${OPEN}, @page, @borrower, @borrowerPage, @position)`),
    } as const;
  }

  /** The map of a VM changes with the record at a position. */
  change(vm: number, position: number, before: MemoryMap, after: MemoryMap): void {
    const { sql } = this;
    for (const slot of missing(before.slots, after.slots)) sql.endSlot.run({ vm, position, slot: slot.slot });
    for (const slot of missing(after.slots, before.slots)) sql.slot.run({ vm, position, ...slot });
    const [had, has] = [pagesOf(before), pagesOf(after)];
    for (const [key, [page]] of had) if (!has.has(key)) sql.endBorrowed.run({ vm, position, page });
    for (const [key, [page, lender, lenderPage]] of has)
      if (!had.has(key)) sql.borrowed.run({ vm, position, page, lender, lenderPage });
    for (const page of missing(before.lent, after.lent)) sql.endLent.run({ vm, position, ...page });
    for (const page of missing(after.lent, before.lent)) sql.lent.run({ vm, position, ...page });
  }
}
