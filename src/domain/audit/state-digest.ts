import type { Digester } from '../digester.js';
import { toJson } from '../json.js';
import type { RemotePages } from '../memory/guest-memory.js';
import type { Memslot } from '../memory/memslot.js';
import { INITIAL_REGIONS, type Regions } from '../vm/law/regions.js';
import type { Arch, Outline, Vm } from '../vm/state.js';

const encoder = new TextEncoder();

/** Digests of immutable parts of states, so that a command pays for what it changed. */
const known = new WeakMap<object, Uint8Array>();

function digestOnce(part: object, compute: () => Uint8Array): Uint8Array {
  const digest = known.get(part) ?? compute();
  known.set(part, digest);
  return digest;
}

const digestOf = (value: unknown, { canonical, sha256 }: Digester): Uint8Array =>
  sha256(encoder.encode(canonical(toJson(value))));

type AnyVcpu = Vm['vcpus'] extends ReadonlyMap<number, infer Vcpu> ? Vcpu : never;

/** The digest of a vCPU as the state's has it. */
export const digestVcpu = (vcpu: AnyVcpu, digester: Digester): Uint8Array =>
  digestOnce(vcpu, () => digestOf(vcpu, digester));

/** Tells the digest of a vCPU that has erased bytes in its state. */
export const settleVcpu = (vcpu: AnyVcpu, digest: Uint8Array): void => void known.set(vcpu, digest);

/** Whether the digest of a vCPU was worked out or told. */
export const isSettled = (vcpu: AnyVcpu): boolean => known.has(vcpu);

function digestVcpus(vcpus: Vm['vcpus'], digester: Digester): Uint8Array {
  return digestOnce(vcpus, () =>
    digester.sha256(...[...vcpus.values()].sort((a, b) => a.id - b.id).map((vcpu) => digestVcpu(vcpu, digester))),
  );
}

/** Regions that left their first state, so that a region which is added to the chart changes no digest by being there. */
function changedRegions(arch: Arch, regions: Regions): Partial<Regions> {
  const initial: Readonly<Record<string, string>> = { ...INITIAL_REGIONS[arch] };
  return Object.fromEntries(Object.entries(regions).filter(([name, state]) => initial[name] !== state));
}

function digestSlots(slots: readonly Memslot[], digester: Digester): Uint8Array {
  const digestSlot = (slot: Memslot): Uint8Array => digestOnce(slot, () => digestOf(slot, digester));
  return digestOnce(slots, () => digester.sha256(...slots.map(digestSlot)));
}

/**
 * SHA-256 over the whole state of a VM, guest memory included; its ledger (versions and times) is left out. Two VMs in the
 * same state have the same digest, however they came there.
 *
 * The parts, in order: what never changes, what else is set, chart, slots, vCPUs, root of the pages, root of the frame marks, and where
 * pages are borrowed from, if any are.
 * A part of the state that is absent does not count, so that states which never heard of it keep their digest.
 */
export const stateDigest = ({ memory, ...vm }: Vm, digester: Digester): Uint8Array =>
  stateDigestWith(
    vm,
    {
      slots: memory.slots,
      pages: memory.pages.digest(digester),
      marks: memory.marks.store.digest(digester),
      remote: memory.remote,
    },
    digester,
  );

const NOTHING: RemotePages = new Map();

/** What the digest of a state takes in of memory: slots, and the roots of pages and frame marks. */
export interface MemoryRoots {
  readonly slots: readonly Memslot[];
  readonly pages: Uint8Array;
  readonly marks: Uint8Array;
  /** Pages that are another VM's; what is in them is the lender's. */
  readonly remote?: RemotePages;
}

/** As `stateDigest`, of a state whose memory is known by its roots alone. */
export function stateDigestWith(
  vm: Outline,
  { slots, pages, marks, remote = NOTHING }: MemoryRoots,
  digester: Digester,
): Uint8Array {
  const { id, name, arch, vmType, semantics, labels, host, regions, vcpus, ledger: _, ...rest } = vm;
  return digester.sha256(
    // No two VMs share a host object (apply), so it stands for all that a VM is from its creation on.
    digestOnce(host, () => digestOf({ id, name, arch, vmType, semantics, labels, host }, digester)),
    digestOf(rest, digester),
    digestOnce(regions, () => digestOf(changedRegions(arch, regions), digester)),
    digestSlots(slots, digester),
    digestVcpus(vcpus, digester),
    pages,
    marks,
    ...(remote.size === 0
      ? []
      : [
          digestOnce(remote, () =>
            digestOf(
              [...remote].sort(([a], [b]) => a - b),
              digester,
            ),
          ),
        ]),
  );
}
