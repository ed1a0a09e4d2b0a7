import type { CommandOf } from '../../vm/command.js';
import type { Decision } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { highWord } from '../model/words.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';

/** An instruction of the guest's with its operands. */
export type GuestCommand = CommandOf<'s390_guest'>;

/** How an instruction is executed on a vCPU of an unprotected VM. */
export type Execute = (vm: S390xVm, vcpu: S390xVcpu, command: GuestCommand) => Decision;

/** PSW bit 15, problem state, and bits 8-11, the access key, in the upper word of the mask. */
const PROBLEM_STATE = 0x00010000;
const KEY_SHIFT = 20;

export const inProblemState = ({ registers }: S390xVcpu): boolean =>
  (highWord(registers.psw.mask) & PROBLEM_STATE) !== 0;

/** The access key of the vCPU's own accesses, 0 to 15 (PoP, "Program-Status Word"). */
export const pswKeyOf = ({ registers }: S390xVcpu): number => (highWord(registers.psw.mask) >>> KEY_SHIFT) & 0xf;
