import { PAGE_SIZE } from '../memory/address.js';
import { erasedBy } from '../memory/erased.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import type { PageRun } from '../shapes/erasure.js';
import type { CommandOf } from './command.js';
import type { Decider } from './decider.js';
import { type Decision, done } from './decision.js';
import type { Event } from './facts/event.js';
import type { Vm } from './state.js';

/** The pages of runs in order. */
export const pagesIn = (runs: readonly PageRun[]): number[] =>
  runs.flatMap(({ page, count }) => Array.from({ length: count }, (_, i) => page + i));

/** Pages, ascending, as runs. */
export function runsOf(pages: readonly number[]): PageRun[] {
  const runs: { page: number; count: number }[] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last && last.page + last.count === page) last.count++;
    else runs.push({ page, count: 1 });
  }
  return runs;
}

type Vcpu = Vm['vcpus'] extends ReadonlyMap<number, infer Each> ? Each : never;

/** Bytes of memory that a vCPU has in its state: a secure interface data area, or a store that is held. */
export function bytesHeld(vcpu: Vcpu): Uint8Array | undefined {
  if ('sida' in vcpu) return vcpu.sida;
  return 'waiting' in vcpu ? vcpu.waiting.data : undefined;
}

/** By which erasure bytes in the state of a vCPU are gone; undefined if they are there, or there are none. */
export function vcpuErasedBy(vcpu: Vcpu): number | undefined {
  const held = bytesHeld(vcpu);
  return held && erasedBy(held);
}

function contentOf({ pages }: GuestMemory, runs: readonly PageRun[]): Uint8Array {
  const numbers = pagesIn(runs);
  const data = new Uint8Array(numbers.length * PAGE_SIZE);
  numbers.forEach((page, i) => data.set(pages.get(page) ?? [], i * PAGE_SIZE));
  return data;
}

function heldFact({ arch, vcpus }: Vm, vcpu: number): Event[] {
  const one = (vcpus as ReadonlyMap<number, Vcpu>).get(vcpu);
  const data = one && bytesHeld(one)?.slice();
  if (data === undefined) return [];
  return [arch === 's390x' ? { type: 'sida_stored', vcpu, offset: 0, data } : { type: 'guest_store_held', vcpu, data }];
}

/**
 * What pages and vCPUs have is recorded once more (docs/decisions/0019). Nothing changes. Pages are those of the VM's own VMM,
 * also where another VM's page stands in their place.
 */
export const keepMemory: Decider<'keep_memory', Vm> = (vm, { pages, vcpus }) =>
  done([
    ...(pages.length === 0 ? [] : [{ type: 'memory_kept' as const, runs: pages, data: contentOf(vm.memory, pages) }]),
    ...vcpus.flatMap((vcpu) => heldFact(vm, vcpu)),
  ]);

/** An erasure, of a VM that lives or of one that was destroyed. The state stays what it was. */
export const eraseMemory = ({ from, to }: CommandOf<'erase_memory'>): Decision =>
  done([{ type: 'memory_erased', from, to }]);
