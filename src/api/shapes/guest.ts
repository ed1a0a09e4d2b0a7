import { z } from 'zod';
import { guestFields, operandsFit } from '../../domain/shapes/s390x-guest.js';
import { answered, base64, hex, programException } from './output.js';

/** The body that tells what the guest executes. */
export const guestBody = z.strictObject(guestFields).superRefine(operandsFit).meta({ id: 'GuestInstruction' });

export type GuestBody = z.output<typeof guestBody>;

export const guestAnswer = answered({
  result: z.int().optional().meta({ description: 'the result byte of essa, of the state before' }),
  key: z.int().optional().meta({ description: 'the storage key of iske; of a conditional sske as it was' }),
  cc: z.int().optional().meta({ description: 'the condition code of rrbe, tprot and a conditional sske' }),
  next: hex.optional().meta({ description: 'where pfmf, or sske of several frames, ended' }),
  data: base64.optional().meta({ description: 'what load fetched' }),
  exception: programException.optional(),
}).meta({ id: 'GuestAnswer' });
