import { type Decision, done } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { ProgramException } from './program-exception.js';

/** Program interruptions that an instruction raises by itself (PoP, "Program Interruption"). */
const CODE = { operation: 0x01, privileged_operation: 0x02, addressing: 0x05, specification: 0x06 } as const;

export type InstructionException = keyof typeof CODE;

/** The instruction ends with a program interruption: its code as `ret`, and `exception`. None is queued. */
export const interruptedBy = (name: InstructionException, events: readonly Event[] = []): Decision =>
  done(events, { exception: { code: CODE[name], name } }, CODE[name]);

/** The same for what an access to storage raised. */
export const interruptedAt = (exception: ProgramException): Decision => done([], { exception }, exception.code);
