import { z } from 'zod';
import { BITMAP_NAMES } from '../../domain/aarch64/firmware.js';
import { AARCH64_GENERAL } from '../../domain/shapes/aarch64-registers.js';
import { X86_GENERAL } from '../../domain/shapes/x86-registers.js';
import { interruptShape } from './interrupt.js';
import { answered, hex, located, pageShape } from './output.js';

const s390x = z
  .strictObject({
    psw: z.strictObject({ mask: hex, addr: hex }),
    prefix: hex,
    gprs: z.array(hex).length(16),
    crs: z.array(hex).length(16),
    acrs: z.array(hex).length(16),
    fpc: z.int(),
    todpr: z.int(),
    cpuTimer: hex,
    clockComparator: hex,
    pp: hex,
    gbea: hex,
    pftoken: hex,
    pfcompare: hex,
    pfselect: hex,
    epochdiff: hex,
    fprs: z.array(hex).length(16).optional(),
    vrs: z.array(hex).length(32).optional(),
    gscb: z.strictObject({ gsd: hex, gssm: hex, gsEpl: hex }).optional(),
    riccb: z.string().optional(),
    bpbc: z.boolean().optional(),
    etoken: hex.optional(),
    etokenExtension: hex.optional(),
  })
  .meta({ id: 'S390xRegisterFile' });

const hexes = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, hex])) as Record<Name, typeof hex>;

/** The registers of an x86_64 vCPU as they are answered. */
export const x86RegisterFile = z
  .strictObject({
    ...hexes(['cr0', 'cr2', 'cr3', 'cr4', 'efer', 'rflags', 'rip']),
    pkru: z.int(),
    cs: z.strictObject({ l: z.int(), db: z.int(), dpl: z.int() }),
    ...hexes(X86_GENERAL),
    apicId: z.int(),
  })
  .meta({ id: 'X86RegisterFile' });

/** An interrupt that a processor accepted. */
export const ipiShape = z.strictObject({ mode: z.string(), vector: z.int() }).meta({ id: 'Ipi' });

const aarch64 = z
  .strictObject({
    ...hexes([...AARCH64_GENERAL, 'sp', 'pc', 'pstate']),
    firmware: z
      .strictObject(hexes(BITMAP_NAMES))
      .meta({ description: 'pseudo-firmware bitmaps: which calls KVM answers. They are those of the VM' }),
    psciVersion: hex.meta({
      description: 'the version of PSCI that the guest is shown, major << 16 | minor; of the VM',
    }),
  })
  .meta({ id: 'Aarch64RegisterFile' });

const vcpu = {
  id: z.int(),
  mpState: z.string(),
  registers: z.union([s390x, x86RegisterFile, aarch64]),
  pending: z
    .array(interruptShape)
    .optional()
    .meta({ description: 's390x: local interruptions that wait for the next run, highest priority first' }),
  waiting: z
    .int()
    .optional()
    .meta({ description: 'x86_64: the seq of the introspection event that must be replied to before it goes on' }),
  interrupts: z
    .array(ipiShape)
    .optional()
    .meta({ description: 'x86_64: interrupts that were accepted and are taken by a run' }),
};

/** A vCPU as it is answered. */
export const vcpuShape = z.strictObject({ ...vcpu, ...located }).meta({ id: 'Vcpu' });

export const vcpuPage = pageShape(z.strictObject(vcpu), located).meta({ id: 'VcpuPage' });

export const createdVcpu = answered({ id: z.int() }).meta({ id: 'CreatedVcpu' });
