import { z } from 'zod';
import { u128, u32, u64 } from './scalars.js';

/** Several registers of a kind: the whole array, or an object with some of them by index. Output: the named ones by index. */
const several = <Value extends typeof u128 | typeof u32>(value: Value, count: 16 | 32) =>
  z.union(
    [
      z
        .array(value)
        .length(count)
        .transform(
          (values) => Object.fromEntries(values.map((item, i) => [String(i), item])) as Record<string, z.output<Value>>,
        ),
      z.record(
        z
          .string()
          .regex(
            count === 16 ? /^(?:[0-9]|1[0-5])$/ : /^(?:[0-9]|[12][0-9]|3[01])$/,
            `must be a register number, 0 to ${count - 1}`,
          ),
        value,
      ),
    ],
    { error: `must be all ${count} values, or an object that has some of them by number` },
  );

/** Bytes of the runtime-instrumentation control block. */
const RICCB_SIZE = 64;

const psw = z.strictObject({ mask: u64, addr: u64 });

/** Any subset of an s390x vCPU's registers, as facts have it. */
export const s390xRegisters = z
  .strictObject({
    psw,
    prefix: u32,
    gprs: several(u64, 16),
    crs: several(u64, 16),
    acrs: several(u32, 16),
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
    /** The left halves of vector registers 0 to 15. */
    fprs: several(u64, 16),
    vrs: several(u128, 32),
    /** The guarded-storage control block: designation, section mask, address of the event parameter list. */
    gscb: z.strictObject({ gsd: u64, gssm: u64, gsEpl: u64 }),
    /** The runtime-instrumentation control block. */
    riccb: z
      .string()
      .regex(new RegExp(`^[0-9a-f]{${2 * RICCB_SIZE}}$`), `must be ${2 * RICCB_SIZE} lower-case hex digits`),
    /** Branch-prediction control. */
    bpbc: z.boolean(),
    etoken: u64,
    etokenExtension: u64,
  })
  .partial();

export type S390xRegisterChanges = z.output<typeof s390xRegisters>;

/** As user space names them (contract, shapes): of the PSW too, what is named. */
export const s390xRegisterRequest = s390xRegisters
  .extend({ psw: psw.partial().optional() })
  .meta({ id: 'S390xRegisters' });

/** A change of a vCPU's registers by user space; effective at once. */
export const setRegisters = z.strictObject({
  type: z.literal('set_registers'),
  vcpu: u32,
  registers: s390xRegisterRequest,
});
