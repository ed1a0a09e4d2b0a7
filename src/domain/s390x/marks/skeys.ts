import { addressOf, frameOf } from '../../memory/address.js';
import { MARK } from '../../memory/frame-marks.js';
import { KEY } from '../../memory/storage-key.js';
import type { KEY_OPS } from '../../shapes/s390x-marks.js';
import type { CommandOf } from '../../vm/command.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, done, malformed, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { inSomeSlot, slotFrames } from '../dat/internal-slot.js';
import { changedKey, enableSkeys } from './storage-keys.js';

/** KVM_S390_GET_SKEYS_NONE: the guest does not use storage keys. */
const SKEYS_NONE = 1;

/** The bit of a storage-key byte that must be 0. */
const RESERVED = 0x01;

type KeyRequest = CommandOf<'s390_get_skeys'> | CommandOf<'s390_set_skeys'>;

const asked = (vm: S390xVm, { type, flags, count }: KeyRequest, readable: boolean) =>
  consult(vm, { type, flagsKnown: flags === 0, count, readable });

/**
 * KVM_S390_GET_SKEYS (api.rst 4.86; kvm_s390_get_skeys). Reply: `keys`, a byte a page, reference and change bits included; none,
 * and `ret` 1, while keys are not in use. EINVAL for flags, and for a count that is not 1 to 1048576; EFAULT, and no keys,
 * unless slots back every page.
 */
export const getSkeys: Decider<'s390_get_skeys'> = (vm, command) => {
  const verdict = asked(vm, command, true);
  if (verdict.refused) return refused(verdict.refused);
  if (vm.regions.skeys === 'off') return done([], {}, SKEYS_NONE);
  const count = Number(command.count);
  if (slotFrames(vm, command.startGfn, count) < count) return refused('EFAULT');
  const first = Number(command.startGfn);
  return done([], { keys: Uint8Array.from({ length: count }, (_, i) => vm.memory.marks.get(first + i) & MARK.key) });
};

function applyKeys(vm: S390xVm, startGfn: bigint, keys: Uint8Array, before: readonly Event[]): Decision {
  if (keys.some((key) => (key & RESERVED) !== 0)) return refused('EINVAL', before);
  const count = slotFrames(vm, startGfn, keys.length);
  const data = count === keys.length ? keys : keys.slice(0, count);
  const events: Event[] = count === 0 ? [...before] : [...before, { type: 'storage_keys_set', startGfn, data }];
  return count === keys.length ? done(events) : refused('EFAULT', events);
}

/**
 * KVM_S390_SET_SKEYS (api.rst 4.87; kvm_s390_set_skeys). From where the keys can be read on, keys are in use. EINVAL for
 * flags, count (as GET) or a key with bit 7, which sets none; EFAULT without keys, and at a page in no slot, where those
 * before it stay set.
 */
export const setSkeys: Decider<'s390_set_skeys'> = (vm, command) => {
  const { startGfn, count, data } = command;
  const verdict = asked(vm, command, data !== undefined);
  const inOrder = verdict.refused === undefined || (verdict.refused === 'EFAULT' && data !== undefined);
  if (verdict.refused && !inOrder) return refused(verdict.refused);
  if (data === undefined) return refused('EFAULT');
  if (BigInt(data.length) !== count) return malformed('keys', 'must be count bytes long');
  return applyKeys(vm, startGfn, data, enableSkeys(vm));
};

/** What an operation of KVM_S390_KEYOP answers as `key`, and the key that it leaves. */
interface KeyOperation {
  readonly answer: (key: number) => number;
  readonly leaves: (key: number, given: number) => number;
}

const OPERATIONS: { readonly [Op in keyof typeof KEY_OPS]: KeyOperation } = {
  iske: { answer: (key) => key, leaves: (key) => key },
  rrbe: { answer: (key) => key & (KEY.reference | KEY.change), leaves: (key) => key & ~KEY.reference },
  sske: { answer: (key) => key, leaves: (_, given) => given & KEY.all },
};

/**
 * KVM_S390_KEYOP (capability 247; kvm_s390_keyop) on the page of an absolute address. Reply: `key`, as it was before; of RRBE
 * its reference and change bits alone. ENOMEM without memory for guest tables, EINVAL for another operation, EFAULT for a page
 * in no slot. Does not ask whether keys are in use.
 */
export const keyop: Decider<'s390_keyop'> = (vm, { type, op, gaddr, key: given }) => {
  const operation = typeof op === 'number' ? undefined : OPERATIONS[op];
  const verdict = consult(vm, { type, known: operation !== undefined });
  if (verdict.refused !== undefined || operation === undefined) return refused(verdict.refused ?? 'EINVAL');
  const frame = frameOf(gaddr);
  if (!inSomeSlot(vm, frame)) return refused('EFAULT');
  const key = vm.memory.marks.get(frame) & MARK.key;
  return done(changedKey(addressOf(frame), key, operation.leaves(key, given)), { key: operation.answer(key) });
};
