import { type Erasure, covers, erasureIn } from '../../domain/audit/erasable.js';
import { type RecordBody, parseBody } from '../../domain/audit/record.js';
import { type LeftBy, NO_REMAINS, chained, erasureOf } from '../../domain/audit/remains.js';
import { toHex } from '../../domain/audit/bulk.js';
import { leafHashOf, sameBytes } from '../../domain/audit/tlog/merkle.js';
import type { Flaw } from '../../domain/audit/verify/flaw.js';
import type { Erased } from '../../domain/audit/verify/stored-record.js';
import { digester } from '../digester.js';

/** A record that may be that of an erasure, as it is stored. */
export interface Candidate {
  readonly bytes: Uint8Array;
  readonly leafHash: Uint8Array;
}

/** The erasure that a record is of, if it is one, and as it was written. */
function erasureOfRow({ bytes, leafHash }: Candidate): Erasure | undefined {
  try {
    return sameBytes(leafHashOf(bytes, digester), leafHash) ? erasureIn(parseBody(bytes)) : undefined;
  } catch {
    return undefined;
  }
}

/** By which erasure a record lost data, as what is left of it says. */
function lostBy(remains: readonly LeftBy[]): number | undefined {
  try {
    return erasureOf(remains);
  } catch {
    return undefined;
  }
}

/** The erasures of a ledger while its records are gone through: what they took from, and what they left. */
export class Erasures {
  private readonly byVm = new Map<string, Erasure[]>();
  /** What remains come to so far, by erasure. */
  private readonly chains = new Map<number, Uint8Array>();
  /** Where erasures should be of which something is left, and are not. */
  private readonly missing = new Set<number>();
  /** Rows of remains that were seen. */
  seen = 0;

  constructor(candidates: Iterable<Candidate>) {
    for (const candidate of candidates) {
      const erasure = erasureOfRow(candidate);
      if (erasure === undefined) continue;
      this.byVm.set(erasure.vm, [...(this.byVm.get(erasure.vm) ?? []), erasure]);
      this.chains.set(erasure.position, NO_REMAINS);
    }
  }

  /** What they made of a record. Where the erasure itself is what is wrong, the record is taken for one that it took from. */
  of(record: Pick<RecordBody, 'vm' | 'position'>, remains: readonly LeftBy[]): Erased {
    for (const each of remains) {
      this.seen++;
      const before = this.chains.get(each.erasure);
      if (before) this.chains.set(each.erasure, chained(before, each, digester));
      else this.missing.add(each.erasure);
    }
    const by = lostBy(remains);
    const covered = (this.byVm.get(record.vm) ?? []).some((erasure) => covers(erasure, record));
    return { covered: covered || (by !== undefined && this.missing.has(by)), remains };
  }

  /**
   * What is wrong with the erasures themselves, once all records were gone through.
   *
   * @param head the position of the last record
   */
  *flaws(head: number): Generator<Flaw> {
    for (const position of this.missing)
      yield {
        what: 'erasure',
        detail: `${position} is not the erasure that left it`,
        position: Math.min(position, head + 1),
      };
    for (const { position, from, remains } of [...this.byVm.values()].flat()) {
      if (toHex(this.chains.get(position) ?? NO_REMAINS) === remains) continue;
      yield { what: 'erasure', detail: `${position} left something else`, position: from, upTo: position };
    }
  }
}
