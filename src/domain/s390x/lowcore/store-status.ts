import type { GuestMemory } from '../../memory/guest-memory.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import { type Stored, bigEndian, machineStores } from './lowcore-store.js';
import { SAVE_AREA, savedPswAndPrefix, savedRegisters } from './save-area.js';
import type { S390xRegisterFile } from '../vcpu/vcpu.js';

/** KVM_S390_STORE_STATUS_NOADDR: the absolute assigned storage locations. */
export const NO_ADDRESS = (1n << 64n) - 1n;

/** KVM_S390_STORE_STATUS_PREFIXED: those of the vCPU. */
const PREFIXED = (1n << 64n) - 2n;

/** Where the architecture mode is noted, 1 for z/Architecture (PoP, "Store Status"). */
const ARCH_MODE = 163n;

/**
 * Stores the status of a vCPU (kvm_s390_store_status_unloaded): the assigned locations from 0x1200 on, or a save area of its own
 * at `addr`. With -1 and -2 the architecture mode is noted first, and where that fails nothing else is stored.
 */
export function storedStatus(memory: GuestMemory, registers: S390xRegisterFile, addr: bigint): Stored {
  const area = (base: bigint) =>
    [...savedRegisters(registers, base), ...savedPswAndPrefix(registers, base)].map(({ absolute, bytes }) => ({
      absolute: BigInt.asUintN(64, absolute),
      bytes,
    }));
  if (addr !== NO_ADDRESS && addr !== PREFIXED) return machineStores(memory, area(addr - BigInt(SAVE_AREA.fprs)));
  const base = addr === PREFIXED ? BigInt(registers.prefix) : 0n;
  const mode = { absolute: base + ARCH_MODE, bytes: bigEndian(1, 1) };
  const noted = machineStores(memory, [mode]);
  return noted.failed ? noted : machineStores(memory, [mode, ...area(base)]);
}

/** A status that was stored as what is answered: EFAULT if a part of it was not, though the rest was. */
export const statusDecision = ({ facts, failed }: Stored): Decision =>
  failed ? refused('EFAULT', facts) : done(facts);

/** KVM_S390_STORE_STATUS (kvm_arch_vcpu_ioctl). EFAULT where no slot backs the area; what of it lies in one is stored. */
export const storeStatus: Decider<'store_status'> = (vm, { type, vcpu: id, addr }) => {
  const verdict = consult(vm, { type, vcpu: id });
  const vcpu = vm.vcpus.get(id);
  if (verdict.refused) return refused(verdict.refused);
  return vcpu ? statusDecision(storedStatus(vm.memory, vcpu.registers, addr)) : refused('ENOENT');
};
