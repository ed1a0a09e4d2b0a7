import { accessOf } from '../../introspection/page-access.js';
import { type Outcome, type Pass, isHeard } from '../../introspection/sending.js';
import { type Fragment, addressOf, partsOf } from '../../memory/address.js';
import { ACCESS_BITS } from '../../shapes/kvmi.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import { exit } from '../vcpu/exits.js';
import { type Execute, raise } from '../vcpu/guest-context.js';
import { type GuestAccess, type LinearPiece, reach } from '../paging/linear.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

/** A kind of access: what it asks of the page tables, and of a page's access. */
const KINDS = {
  load: { write: false, exec: false, bit: ACCESS_BITS.r },
  store: { write: true, exec: false, bit: ACCESS_BITS.w },
  fetch: { write: false, exec: true, bit: ACCESS_BITS.x },
} as const;

type Kind = keyof typeof KINDS;

const USER_CPL = 3;

/** An access that may go on, or what came of it instead. */
type Arrived =
  { readonly pieces: readonly LinearPiece[]; readonly facts: readonly Event[] } | { readonly outcome: Outcome };

/** The piece whose page the tool restricted, unless it let the access through. */
const restricted = (vm: X86Vm, kind: Kind, pieces: readonly LinearPiece[], { excused }: Pass) =>
  pieces.find(
    ({ frame }) => !excused.includes(frame) && (accessOf(vm.introspection, addressOf(frame)) & KINDS[kind].bit) === 0,
  );

/** Whether a piece is no memory for this kind of access: in no slot, or to be written in a read-only one. */
const isDevice = ({ memory }: X86Vm, { write = false }: GuestAccess, { frame }: Fragment): boolean => {
  const slot = memory.slotAt(frame);
  return slot === undefined || (write && slot.flags.includes('readonly'));
};

/**
 * Where an access of the guest's own goes, with the rights of its CPL. What the page tables refuse is an exception; what is no
 * memory is an exit; a page that the tool restricted is told, page by page.
 */
function arrive(vm: X86Vm, vcpu: X86Vcpu, kind: Kind, [gva, size]: readonly [bigint, number], pass: Pass): Arrived {
  const { write, exec } = KINDS[kind];
  const access = { write, exec, user: vcpu.registers.cs.dpl === USER_CPL };
  const { pieces, facts, raised } = reach(vm, vcpu, gva, size, access);
  if (raised !== undefined) return { outcome: raise(vcpu, raised, facts) };
  const device = pieces.find((piece) => isDevice(vm, access, piece));
  if (device !== undefined) {
    const fields = { physAddr: addressOf(device.frame, device.offset), length: device.size, isWrite: write };
    const reply = { exit: kind === 'fetch' ? exit('internal_error', { suberror: 1 }) : exit('mmio', fields) };
    return { outcome: { facts, reply } };
  }
  const guarded = restricted(vm, kind, pieces, pass);
  if (guarded === undefined || !isHeard(vm, vcpu, 'pf')) return { pieces, facts };
  const gpa = addressOf(guarded.frame, guarded.offset);
  const details = { gva: guarded.linear, gpa, access: KINDS[kind].bit, view: 0 };
  return { outcome: { facts, told: { event: 'pf', details } } };
}

/** What pieces hold once the walk has set its accessed and dirty bits, which may be among them. */
function readAfter({ memory }: X86Vm, pieces: readonly LinearPiece[], facts: readonly Event[]): Uint8Array {
  const data = memory.read(pieces);
  for (const fact of facts) {
    if (fact.type !== 'table_entries_set') continue;
    let taken = 0;
    for (const { absolute, size } of fact.parts) {
      overlay(data, pieces, absolute, fact.data.subarray(taken, taken + size));
      taken += size;
    }
  }
  return data;
}

/** Lays bytes at a guest address over the data of pieces, where these have that address. */
function overlay(data: Uint8Array, pieces: readonly LinearPiece[], absolute: bigint, bytes: Uint8Array): void {
  let at = 0;
  for (const { frame, offset, size } of pieces) {
    const shift = Number(absolute - addressOf(frame, offset));
    for (let i = Math.max(0, -shift); i < bytes.length && shift + i < size; i++) data[at + shift + i] = bytes[i] ?? 0;
    at += size;
  }
}

/** A load. Reply: `data`. One that is stopped loads nothing. */
export const load: Execute = (vm, vcpu, { gva = 0n, size = 1 }, pass) => {
  const arrived = arrive(vm, vcpu, 'load', [gva, size], pass);
  if ('outcome' in arrived) return arrived.outcome;
  const { pieces, facts } = arrived;
  return {
    facts: [...facts, { type: 'memory_read', parts: partsOf(pieces) }],
    reply: { data: readAfter(vm, pieces, facts) },
  };
};

/** A store. One that is stopped stores nothing. */
export const store: Execute = (vm, vcpu, { gva = 0n, data = new Uint8Array() }, pass) => {
  const arrived = arrive(vm, vcpu, 'store', [gva, data.length], pass);
  if ('outcome' in arrived) return arrived.outcome;
  return { facts: [...arrived.facts, { type: 'memory_stored', parts: partsOf(arrived.pieces), data }] };
};

/** The fetch of an instruction's first byte. */
export const fetch: Execute = (vm, vcpu, { gva = 0n }, pass) => {
  const arrived = arrive(vm, vcpu, 'fetch', [gva, 1], pass);
  if ('outcome' in arrived) return arrived.outcome;
  return { facts: [...arrived.facts, { type: 'memory_read', parts: partsOf(arrived.pieces) }] };
};
