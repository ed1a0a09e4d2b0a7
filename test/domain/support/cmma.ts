import type { Decision } from '../../../src/domain/vm/decision.js';
import { MIB, Machine, type MachineOptions, U64_MAX } from './machine.js';

export const PEEK = ['peek'];
export const LOG = ['log_dirty_pages'];

/** KVM_S390_GET_CMMA_BITS. */
export const get = (made: Machine, startGfn: bigint | number, count: number, flags: unknown = []): Decision =>
  made.run({ type: 's390_get_cmma_bits', startGfn, count, flags });

/** What KVM_S390_SET_CMMA_BITS is given beside the values. */
export interface Settings {
  readonly count?: number;
  readonly flags?: unknown;
  readonly mask?: bigint;
}

/** KVM_S390_SET_CMMA_BITS. */
export const set = (
  made: Machine,
  startGfn: bigint | number,
  values?: readonly number[],
  settings: Settings = {},
): Decision => {
  const { count = values?.length ?? 1, flags = [], mask = U64_MAX } = settings;
  const data = values && { data: Uint8Array.from(values) };
  return made.run({ type: 's390_set_cmma_bits', startGfn, count, flags, mask, ...data });
};

/** ESSA on vCPU 0. */
export const essa = (made: Machine, gfn: number, orc: number): Decision =>
  made.run({ type: 's390_guest', vcpu: 0, instruction: 'essa', gaddr: BigInt(gfn) << 12n, orc });

/** The errno, or the return value. */
export const said = ({ errno, ret }: Decision) => errno ?? ret;

/** `startGfn`, `count`, `remaining` and the values. */
export const answer = ({ reply }: Decision) => {
  const { startGfn, count, remaining, values } = reply as {
    startGfn: bigint;
    count: number;
    remaining: bigint;
    values: Uint8Array;
  };
  return [Number(startGfn), count, Number(remaining), [...values]];
};
export const ZEROED = [0, 0, 0, []];

export const kernel = { semantics: 'kernel' } as const;

/** 64 pages from 0 on and 64 from page 512 on, both logged, and a vCPU; with CMMA. */
export const machine = (options: MachineOptions = {}, cmma = true): Machine => {
  const made = new Machine(options);
  made.slot(0, 0n, 64n << 12n, LOG);
  made.slot(1, 2n * MIB, 64n << 12n, LOG);
  if (cmma) made.fold({ type: 'cmma_enabled' });
  made.vcpu(0);
  return made;
};

export const used = (made: Machine): Machine => made.fold({ type: 'cmm_used' });
export const migrating = (made: Machine): Machine => made.fold({ type: 'migration_started' });

/** In migration mode, nothing waits any more but the pages that are given. */
export const waiting = (gfns: readonly number[], options: MachineOptions = {}): Machine => {
  const made = migrating(used(machine(options)));
  get(made, 0, 64);
  get(made, 512, 64);
  for (const gfn of gfns) essa(made, gfn, 3);
  return made;
};

export const make = { documented: (): Machine => machine(), kernel: (): Machine => machine(kernel) };
