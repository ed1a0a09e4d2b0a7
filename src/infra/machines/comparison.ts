import { toHex } from '../../domain/audit/bulk.js';
import { memoryChanges } from '../../domain/audit/diff/memory-changes.js';
import { type VmChange, vmChanges } from '../../domain/audit/diff/vm-changes.js';
import { stateDigest } from '../../domain/audit/state-digest.js';
import type { Vm } from '../../domain/vm/state.js';
import { Breath } from '../breath.js';
import { digester } from '../digester.js';
import { UnknownVersion } from './errors.js';
import type { History } from './history.js';

/** A state of a VM that is compared. */
export interface Compared {
  readonly version: number;
  readonly position: number;
  /** The digest of the state, as the record has it; in hex. */
  readonly digest: string;
}

/** A run of guest memory that holds other bytes. */
export interface MemoryChange {
  readonly what: 'memory';
  readonly gpa: bigint;
  readonly size: number;
  /** The record that erased the page, so that whether it holds other bytes cannot be told. */
  readonly erased?: number;
}

export type Change = VmChange | MemoryChange;

/** How far changes were told: so many beside memory, and memory up to an address. */
export interface ToldSoFar {
  readonly count: number;
  readonly gpa: bigint;
}

export const NOTHING_TOLD: ToldSoFar = { count: 0, gpa: 0n };

/** What became of a VM from one of its versions to another one. */
export class Comparison {
  private constructor(
    private readonly before: Vm,
    private readonly after: Vm,
    readonly from: Compared,
    readonly to: Compared,
  ) {}

  /** @throws UnknownVersion */
  static async of(history: History, vm: string, from: number, to: number): Promise<Comparison> {
    const load = async (version: number, field: 'from' | 'to'): Promise<readonly [Vm, Compared]> => {
      const past = await history.load(vm, version);
      if (past.vm === undefined || past.version !== version)
        throw new UnknownVersion(vm, field, `the VM has no version ${version}`);
      return [past.vm, { version, position: past.position, digest: toHex(stateDigest(past.vm, digester)) }];
    };
    const [before, first] = await load(from, 'from');
    const [after, last] = from === to ? ([before, first] as const) : await load(to, 'to');
    return new Comparison(before, after, first, last);
  }

  /**
   * What changed, in order, after what was told: state, vCPUs, memory slots, then runs of memory by address.
   *
   * @param isShown whether whoever asks may know of a change beside memory
   */
  async *changes({ count, gpa }: ToldSoFar, isShown: (change: VmChange) => boolean): AsyncGenerator<Change> {
    let left = count;
    for (const change of vmChanges(this.before, this.after)) if (isShown(change) && left-- <= 0) yield change;
    const breath = new Breath();
    for (const part of memoryChanges(this.before.memory, this.after.memory, gpa, digester)) {
      if (part) {
        const { absolute: at, size, erased } = part;
        yield { what: 'memory', gpa: at, size, ...(erased !== undefined && { erased }) };
      } else await breath.take();
    }
  }
}
