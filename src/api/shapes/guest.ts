import { z } from 'zod';
import { guestFields, operandsFit } from '../../domain/shapes/s390x-guest.js';
import { x86GuestFields, x86OperandsFit } from '../../domain/shapes/x86-guest.js';
import { exitShape } from './exit.js';
import { answered, base64, hex, programException } from './output.js';
import { x86Exception } from './x86-exception.js';

/** The body that tells what the guest executes. */
export const guestBody = z.strictObject(guestFields).superRefine(operandsFit).meta({ id: 'GuestInstruction' });

/** The body that tells what the guest of an x86_64 VM executes. */
export const x86GuestBody = z
  .strictObject(x86GuestFields)
  .superRefine(x86OperandsFit)
  .meta({ id: 'X86GuestInstruction' });

const s390xAnswer = answered({
  result: z.int().optional().meta({ description: 'the result byte of essa, of the state before' }),
  key: z.int().optional().meta({ description: 'the storage key of iske; of a conditional sske as it was' }),
  cc: z.int().optional().meta({ description: 'the condition code of rrbe, tprot and a conditional sske' }),
  next: hex.optional().meta({ description: 'where pfmf, or sske of several frames, ended' }),
  data: base64.optional().meta({ description: 'what load fetched' }),
  exception: programException.optional(),
}).meta({ id: 'S390xGuestAnswer' });

const x86Answer = answered({
  data: base64.optional().meta({ description: 'what load read' }),
  value: hex.optional().meta({ description: 'what rdmsr read' }),
  exception: x86Exception.optional(),
  exit: exitShape.optional(),
  waiting: z.int().optional().meta({ description: 'the seq of the event that must be replied to first' }),
}).meta({ id: 'X86GuestAnswer' });

export const guestAnswer = z.union([s390xAnswer, x86Answer]).meta({ id: 'GuestAnswer' });
