import { z } from 'zod';
import { u64 } from '../../domain/shapes/scalars.js';
import {
  getOneReg,
  preFaultMemory,
  resetVcpu,
  runVcpu,
  setMpState,
  storeStatus,
  ucasMapping,
  vcpuFault,
} from '../../domain/shapes/s390x-vcpu.js';
import { exitShape } from './exit.js';
import { interruptShape } from './interrupt.js';
import { answered, hex } from './output.js';
import { vcpuPath } from './path.js';
import { ipiShape } from './vcpu.js';

export const mpStateBody = setMpState.omit({ type: true, vcpu: true }).meta({ id: 'SetMpState' });

/** The state by the documents; by the code it is `ret` itself. */
export const mpStateAnswer = answered({ mpState: z.string().optional() }).meta({ id: 'MpState' });

export const runBody = runVcpu.omit({ type: true, vcpu: true }).meta({ id: 'RunVcpu' });

export const runAnswer = answered({
  delivered: z
    .union([z.array(interruptShape), z.array(ipiShape)])
    .optional()
    .meta({ description: 's390x and x86_64: in the order in which they were delivered' }),
  exitReason: z.string().optional().meta({ description: 's390x: s390_sieic: a stop that was asked for ended the run' }),
  exit: exitShape.optional().meta({ description: 'x86_64: shutdown, once a tool stopped the VM' }),
  waiting: z.int().optional().meta({ description: 'x86_64: the seq of the event that must be replied to first' }),
}).meta({ id: 'RunAnswer' });

/** The body of a reset. */
export const resetBody = z
  .strictObject({ type: resetVcpu.shape.reset, ultravisor: resetVcpu.shape.ultravisor })
  .meta({ id: 'ResetVcpu' });

/** The body of an initial PSW: all of it, or nothing for a bad address. */
export const initialPswBody = z
  .strictObject({ mask: u64.optional(), addr: u64.optional() })
  .refine(({ mask, addr }) => mask === undefined || addr !== undefined, { path: ['addr'], error: 'is required' })
  .refine(({ mask, addr }) => addr === undefined || mask !== undefined, { path: ['mask'], error: 'is required' })
  .meta({ id: 'InitialPsw' });

export const storeStatusBody = storeStatus.pick({ addr: true }).meta({ id: 'StoreStatus' });

export const oneRegPath = z.strictObject({ ...vcpuPath.shape, id: getOneReg.shape.id });

export const oneRegBody = z.strictObject({ value: u64.optional() }).meta({ id: 'SetOneReg' });

export const oneRegAnswer = answered({ value: hex }).meta({ id: 'OneReg' });

export const preFaultBody = preFaultMemory.omit({ type: true, vcpu: true }).meta({ id: 'PreFaultMemory' });

export const preFaultAnswer = answered({ gpa: hex, size: hex }).meta({ id: 'PreFaultAnswer' });

export const vcpuFaultBody = vcpuFault.pick({ addr: true }).meta({ id: 'VcpuFault' });

/** The body of a UCAS mapping: all of it, or nothing for a bad address. */
export const ucasBody = ucasMapping
  .partial()
  .refine((mapping) => [0, 3].includes(Object.values(mapping).filter((value) => value !== undefined).length), {
    path: ['length'],
    error: 'userAddr, vcpuAddr and length are required together',
  })
  .meta({ id: 'UcasMapping' });

export type UcasBody = z.output<typeof ucasBody>;

/** The same to take a mapping away, for which `userAddr` counts for nothing (api.rst 4.41). */
export const ucasUnmapBody = ucasMapping
  .partial()
  .refine(
    ({ userAddr, vcpuAddr, length }) => {
      const given = length !== undefined;
      return given === (vcpuAddr !== undefined) && (given || userAddr === undefined);
    },
    { path: ['length'], error: 'vcpuAddr and length are required together' },
  )
  .meta({ id: 'UcasUnmapping' });
