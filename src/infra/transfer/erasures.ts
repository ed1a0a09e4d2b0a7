import type Database from 'better-sqlite3';
import { toHex } from '../../domain/audit/bulk.js';
import { type Erasure, covers } from '../../domain/audit/erasable.js';
import { type LeftBy, NO_REMAINS, type Remains, chained, erasureOf } from '../../domain/audit/remains.js';
import type { Erased } from '../../domain/audit/verify/stored-record.js';
import { digester } from '../digester.js';

/** What records say of an erasure that comes after them. */
interface Claim {
  chain: Uint8Array;
  /** The first and the last record that lost data to it, of one VM. */
  lost: { readonly vm: string; readonly first: number; readonly last: number } | undefined;
}

/**
 * What erasures left, while records are taken in one after the other: it comes before the record of the erasure, which says
 * whether it is true.
 */
export class ImportedErasures {
  private readonly claims = new Map<number, Claim>();
  private readonly sql;

  /** @param db keeps what waits for the record of its erasure, aside */
  constructor(db: Database.Database) {
    db.exec(`CREATE TEMP TABLE waiting (
      erasure INTEGER, position INTEGER, vm TEXT, text TEXT, PRIMARY KEY (erasure, position, vm)
    ) WITHOUT ROWID`);
    this.sql = {
      wait: db.prepare('INSERT INTO temp.waiting VALUES (@erasure, @position, @vm, @text)'),
      due: db.prepare<[number], Remains>(
        'SELECT position, vm, text FROM temp.waiting WHERE erasure = ? ORDER BY position, vm',
      ),
      done: db.prepare('DELETE FROM temp.waiting WHERE erasure = ?'),
    } as const;
  }

  /** What erasures made of a record, as far as it says. */
  claim(vm: string, position: number, remains: readonly LeftBy[]): Erased {
    const by = erasureOf(remains);
    for (const each of remains) {
      const claim = this.claims.get(each.erasure) ?? { chain: NO_REMAINS, lost: undefined };
      this.claims.set(each.erasure, claim);
      claim.chain = chained(claim.chain, each, digester);
      this.sql.wait.run(each);
      if (each.erasure !== by) continue;
      // A record of another VM makes it one of no VM, which no erasure covers.
      const isOne = claim.lost === undefined || claim.lost.vm === vm;
      claim.lost = { vm: isOne ? vm : '', first: claim.lost?.first ?? position, last: position };
    }
    return { covered: by !== undefined, remains };
  }

  /**
   * What an erasure left, once its record is there.
   *
   * @returns undefined if that is not what the record says
   */
  settle(erasure: Erasure): readonly Remains[] | undefined {
    const { chain, lost } = this.claims.get(erasure.position) ?? { chain: NO_REMAINS, lost: undefined };
    this.claims.delete(erasure.position);
    const ends = lost ? [lost.first, lost.last] : [];
    const isCovered = ends.every((position) => covers(erasure, { vm: lost?.vm ?? '', position }));
    if (!isCovered || toHex(chain) !== erasure.remains) return undefined;
    const due = this.sql.due.all(erasure.position);
    this.sql.done.run(erasure.position);
    return due;
  }

  /** The position of an erasure that should have been there by now, if one should. */
  missing(upTo: number): number | undefined {
    return [...this.claims.keys()].find((position) => position <= upTo);
  }
}
