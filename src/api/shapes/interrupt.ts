import { z } from 'zod';
import { getIrqState, irqRequest, setIrqState } from '../../domain/shapes/s390x-interrupt.js';
import { answered, hex } from './output.js';

/** A local interruption as it is answered: its type and the fields of the type. */
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
    extParams2: hex.optional(),
    cr14: hex.optional(),
    mcic: hex.optional(),
    failingStorageAddress: hex.optional(),
    extDamageCode: z.int().optional(),
    fixedLogout: z.string().optional(),
  })
  .meta({ id: 'PendingInterrupt' });

/** The body of KVM_S390_IRQ. */
export const injectBody = irqRequest;

const { interrupts, len } = setIrqState.shape;

/** The body of KVM_S390_SET_IRQ_STATE. */
export const irqStateBody = z.strictObject({ interrupts, len }).meta({ id: 'SetIrqState' });

/** The query of KVM_S390_GET_IRQ_STATE. */
export const irqStateQuery = z.strictObject({
  len: getIrqState.shape.len.meta({
    description: 'bytes of the buffer, 72 for each interruption; large enough if absent',
  }),
});

export const irqStateAnswer = answered({ interrupts: z.array(interruptShape) }).meta({ id: 'IrqState' });
