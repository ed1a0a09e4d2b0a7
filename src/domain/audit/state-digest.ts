import type { Digester } from '../digester.js';
import { toJson } from '../json.js';
import type { S390xVcpu } from '../s390x/vcpu.js';
import type { Vm } from '../vm/state.js';

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

const digestVcpu = (vcpu: S390xVcpu, digester: Digester): Uint8Array =>
  digestOnce(vcpu, () => digestOf(vcpu, digester));

function digestVcpus(vcpus: Vm['vcpus'], digester: Digester): Uint8Array {
  return digestOnce(vcpus, () =>
    digester.sha256(...[...vcpus.values()].sort((a, b) => a.id - b.id).map((vcpu) => digestVcpu(vcpu, digester))),
  );
}

function digestConfiguration(vm: Vm, digester: Digester): Uint8Array {
  const { id, name, arch, vmType, semantics, labels, host } = vm;
  return digestOnce(host, () => digestOf({ id, name, arch, vmType, semantics, labels, host }, digester));
}

/**
 * SHA-256 over the whole state of a VM, guest memory included; its ledger (versions and times) is left out. Two VMs in the
 * same state have the same digest, however they came there.
 *
 * The parts, in order: configuration, chart, address space, slots, vCPUs, root of the pages, root of the frame marks.
 */
export function stateDigest(vm: Vm, digester: Digester): Uint8Array {
  const { memory } = vm;
  return digester.sha256(
    digestConfiguration(vm, digester),
    digestOnce(vm.regions, () => digestOf(vm.regions, digester)),
    digestOf(vm.topTable ?? '', digester),
    digestOnce(memory.slots, () => digestOf(memory.slots, digester)),
    digestVcpus(vm.vcpus, digester),
    memory.pages.digest(digester),
    memory.marks.store.digest(digester),
  );
}
