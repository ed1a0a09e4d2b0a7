import type { Digester } from '../digester.js';
import { vcpuErasedBy } from '../vm/erasure.js';
import type { Vm } from '../vm/state.js';
import { toHex } from './bulk.js';
import { digestVcpu, isSettled, settleVcpu } from './state-digest.js';

/** What an erasure left of a record, in the place of what it removed: one row of it. */
export interface Remains {
  /** The position of the record. */
  readonly position: number;
  /** The VM whose pages and vCPUs these are. */
  readonly vm: string;
  /** What is left, as RFC 8785 JSON of `Digests`. */
  readonly text: string;
}

/** Remains, and the position of the record that removed the rest. */
export interface LeftBy extends Remains {
  readonly erasure: number;
}

/** Digests in hex that can no longer be worked out, as they are after the record. */
export interface Digests {
  /** Of pages of the VMM's by their number, as leaves of the Merkle tree of pages; 64 zeros for a page of zeros. */
  readonly pages?: readonly (readonly [page: number, digest: string])[];
  /** Of vCPUs by their id. */
  readonly vcpus?: readonly (readonly [vcpu: number, digest: string])[];
  /** Of a record that lost data: the guest frames that it touched, null for none. Others derive them from the data. */
  readonly frames?: readonly [first: number, last: number] | null;
}

/** What remains says. */
export const digestsOf = ({ text }: Remains): Digests => JSON.parse(text) as Digests;

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));

type VcpuOf<V extends Vm> = V['vcpus'] extends ReadonlyMap<number, infer Each> ? Each : never;

const vcpusOf = (vm: Vm): ReadonlyMap<number, VcpuOf<Vm>> => vm.vcpus;

/** Pages and vCPUs of a VM whose digest is not known, since bytes in them are erased. */
export interface Unsettled {
  readonly pages: readonly number[];
  readonly vcpus: readonly number[];
}

export const unsettledIn = (vm: Vm): Unsettled => ({
  pages: vm.memory.pages.unsettled,
  vcpus: [...vcpusOf(vm).values()].flatMap((vcpu) =>
    vcpuErasedBy(vcpu) === undefined || isSettled(vcpu) ? [] : [vcpu.id],
  ),
});

/** Whether the digest of a VM's state can be worked out. */
export function isWhole(vm: Vm): boolean {
  for (const vcpu of vcpusOf(vm).values()) if (vcpuErasedBy(vcpu) !== undefined && !isSettled(vcpu)) return false;
  return vm.memory.pages.unsettled.length === 0;
}

/** Tells a VM, after a record, the digests that an erasure left of it. What is not erased in the VM stays as it is. */
export function settle(vm: Vm, { pages = [], vcpus = [] }: Digests): void {
  for (const [page, digest] of pages)
    if (vm.memory.pages.erasedAt(page) !== undefined) vm.memory.pages.settle(page, fromHex(digest));
  for (const [id, digest] of vcpus) {
    const vcpu = vcpusOf(vm).get(id);
    if (vcpu && vcpuErasedBy(vcpu) !== undefined) settleVcpu(vcpu, fromHex(digest));
  }
}

/** As `settle`, of all VMs that the remains of one record are about. */
export function settleAll(vms: Iterable<Vm>, remains: readonly Remains[]): void {
  if (remains.length === 0) return;
  const byId = new Map([...vms].map((vm) => [vm.id, vm]));
  for (const each of remains) {
    const vm = byId.get(each.vm);
    if (vm) settle(vm, digestsOf(each));
  }
}

/** The digests that a VM lacks, of the same VM with everything in it. */
export function digestsFor({ pages, vcpus }: Unsettled, whole: Vm, digester: Digester): Digests {
  const digestOfVcpu = (id: number): string => {
    const vcpu = vcpusOf(whole).get(id);
    if (vcpu === undefined) throw new Error(`there is no vCPU ${id}`);
    return toHex(digestVcpu(vcpu, digester));
  };
  return {
    ...(pages.length > 0 && { pages: pages.map((page) => [page, toHex(whole.memory.pages.digestAt(page, digester))]) }),
    ...(vcpus.length > 0 && { vcpus: vcpus.map((id) => [id, digestOfVcpu(id)]) }),
  };
}

/** By which erasure a record lost data, if one took some of it; that of the first. */
export const erasureOf = (remains: readonly LeftBy[]): number | undefined =>
  remains.find((each) => digestsOf(each).frames !== undefined)?.erasure;

/** What a chain of no remains comes to. */
export const NO_REMAINS = new Uint8Array(32);

/** What remains come to, one after the other, in order of position and VM: the record of the erasure has it. */
export const chained = (before: Uint8Array, { position, vm, text }: Remains, { sha256 }: Digester): Uint8Array =>
  sha256(before, new TextEncoder().encode(`${position} ${vm} ${text}`));
