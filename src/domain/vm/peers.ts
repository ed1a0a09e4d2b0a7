import type { Digester } from '../digester.js';
import { ErasedMemory } from '../memory/erased.js';
import type { Lenders } from '../memory/guest-memory.js';
import { toHex } from '../audit/bulk.js';
import { tokenBytes } from '../x86_64/hypercalls/hypercall.js';
import type { Command } from './command.js';
import type { Peers } from './decider.js';
import type { Vm } from './state.js';

/** The VMs that a VM shares pages with, lenders and borrowers. */
export function partnersOf(vm: Vm): ReadonlySet<string> {
  const borrowers = vm.arch === 'x86_64' ? (vm.lent ?? []).map(({ borrower }) => borrower) : [];
  return new Set([...vm.memory.borrowedFrom, ...borrowers]);
}

/** The VM with what it borrowed at hand. */
export function among<V extends Vm>(vm: V, peers: Peers): V {
  if (vm.memory.remote.size === 0) return vm;
  const lenders: Lenders = new Map([...peers].map(([id, { memory }]) => [id, memory.pages]));
  return { ...vm, memory: vm.memory.among(lenders) };
}

/**
 * The commitment to the map token that a command presents, if it presents one that can be read: whoever issued it must be at
 * hand when the command is decided.
 */
export function tokenPresented(vm: Vm, command: Command, { sha256 }: Digester): string | undefined {
  if (vm.arch !== 'x86_64' || command.type !== 'x86_hypercall') return undefined;
  const token = tokenBytes(vm, command);
  return token && toHex(sha256(token));
}

/**
 * As `tokenPresented`, of a command that comes in. A VM that was destroyed refuses whatever it is asked, also if its memory is
 * erased: then it is given no token.
 */
export function tokenGiven(vm: Vm, command: Command, digester: Digester): string | undefined {
  try {
    return tokenPresented(vm, command, digester);
  } catch (error) {
    if (error instanceof ErasedMemory && vm.regions.lifecycle === 'destroyed') return undefined;
    throw error;
  }
}

/** The commitment that a command has as the fact of which token it presents. */
export const tokenNamed = (command: Command): string | undefined =>
  command.type === 'x86_hypercall' ? command.token : undefined;

/** The commitment to the map token that a fact says was issued, also of a fact as a record has it. */
export const tokenIssued = (fact: { readonly type: string; readonly token?: unknown }): string | undefined =>
  fact.type === 'map_token_issued' && typeof fact.token === 'string' ? fact.token : undefined;
