import { z } from 'zod';
import { u32, u64 } from './scalars.js';

/** Sixteen registers: the whole array, or an object with some of them by index. Output: the named ones by index. */
const sixteen = <Value extends typeof u64 | typeof u32>(value: Value) =>
  z.union(
    [
      z
        .array(value)
        .length(16)
        .transform(
          (values) => Object.fromEntries(values.map((item, i) => [String(i), item])) as Record<string, z.output<Value>>,
        ),
      z.record(z.string().regex(/^(?:[0-9]|1[0-5])$/, 'must be a register number, 0 to 15'), value),
    ],
    { error: 'must be all 16 values, or an object that has some of them by number' },
  );

/** Any subset of an s390x vCPU's registers (contract, shapes). */
export const s390xRegisters = z
  .strictObject({
    psw: z.strictObject({ mask: u64, addr: u64 }),
    prefix: u32,
    gprs: sixteen(u64),
    crs: sixteen(u64),
    acrs: sixteen(u32),
    fpc: u32,
    todpr: u32,
    cpuTimer: u64,
    clockComparator: u64,
    pp: u64,
    gbea: u64,
    pftoken: u64,
    pfcompare: u64,
    pfselect: u64,
    epochdiff: u64,
  })
  .partial()
  .meta({ id: 'S390xRegisters' });

export type S390xRegisterChanges = z.output<typeof s390xRegisters>;

/** A change of a vCPU's registers by user space; effective at once. */
export const setRegisters = z.strictObject({ type: z.literal('set_registers'), vcpu: u32, registers: s390xRegisters });
