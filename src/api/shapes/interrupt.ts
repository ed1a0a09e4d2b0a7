import { z } from 'zod';
import { type FloatingRequest, floatingRequest } from '../../domain/shapes/s390x-floating.js';
import {
  IRQ_STATE_ENTRIES_MAX,
  type IrqRequest,
  STOP_FLAGS,
  getIrqState,
  irqRequest,
  setIrqState,
} from '../../domain/shapes/s390x-interrupt.js';
import { flagInput, normalFlags } from '../../domain/shapes/scalars.js';
import { answered, hex, located } from './output.js';

/** An interruption as it is answered: its type and the fields of the type. */
export const interruptShape = z
  .strictObject({
    type: z.string(),
    code: z.int().optional(),
    address: z.int().optional(),
    flags: z.union([z.int(), z.array(z.string())]).optional(),
    transExcCode: hex.optional(),
    excAccessId: z.int().optional(),
    opAccessId: z.int().optional(),
    dataExcCode: z.int().optional(),
    monCode: hex.optional(),
    monClassNr: z.int().optional(),
    perCode: z.int().optional(),
    perAtmid: z.int().optional(),
    perAddress: hex.optional(),
    perAccessId: z.int().optional(),
    extParams: z.int().optional(),
    extParams2: hex.optional(),
    cr14: hex.optional(),
    mcic: hex.optional(),
    failingStorageAddress: hex.optional(),
    extDamageCode: z.int().optional(),
    fixedLogout: z.string().optional(),
    sccb: z.boolean().optional(),
    event: z.boolean().optional(),
    adapter: z.boolean().optional(),
    subchannelId: z.int().optional(),
    subchannelNr: z.int().optional(),
    ioIntParm: z.int().optional(),
    ioIntWord: z.int().optional(),
  })
  .meta({ id: 'PendingInterrupt' });

const PROGRAM_FLAGS = { path: ['flags'], error: 'must be numbers: program_int has no flags by name' };

/** The body of KVM_S390_IRQ: names of flags are those of a stop. */
export const injectBody = irqRequest
  .extend({ flags: flagInput(STOP_FLAGS, 32).optional() })
  .refine(
    ({ type, flags }) => type !== 'program_int' || !Array.isArray(flags) || !flags.includes('store_status'),
    PROGRAM_FLAGS,
  )
  .transform(({ flags, ...irq }): IrqRequest =>
    flags === undefined ? irq : { ...irq, flags: normalFlags(STOP_FLAGS, flags) },
  )
  .meta({ id: 'InjectInterrupt' });

/** The body of KVM_S390_INTERRUPT on a VM: all of it, or nothing for a bad address. */
export const floatingBody = floatingRequest
  .partial({ type: true })
  .refine(({ type, parm, parm64 }) => type !== undefined || (parm === 0 && parm64 === 0n), {
    path: ['type'],
    error: 'is required',
  })
  .meta({ id: 'InjectFloatingInterrupt' });

export type FloatingBody = z.output<typeof floatingBody>;

/** The interruption of a body, if it has one. */
export const floatingIrqOf = ({ type, ...parms }: FloatingBody): FloatingRequest | undefined =>
  type === undefined ? undefined : { type, ...parms };

export const floatingAnswer = z
  .strictObject({
    pending: z.array(interruptShape).meta({ description: 'those of one kind in the order of their delivery' }),
    ...located,
  })
  .meta({ id: 'FloatingInterrupts' });

const { len } = setIrqState.shape;

/** The body of KVM_S390_SET_IRQ_STATE. */
export const irqStateBody = z
  .strictObject({ interrupts: z.array(injectBody).max(IRQ_STATE_ENTRIES_MAX).optional(), len })
  .meta({ id: 'SetIrqState' });

/** The query of KVM_S390_GET_IRQ_STATE. */
export const irqStateQuery = z.strictObject({
  len: getIrqState.shape.len.meta({
    description: 'bytes of the buffer, 72 for each interruption; large enough if absent',
  }),
});

export const irqStateAnswer = answered({ interrupts: z.array(interruptShape) }).meta({ id: 'IrqState' });
