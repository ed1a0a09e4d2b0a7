import { HOST_ACCESS_MAX } from '../../shapes/memory.js';
import type { PV_DUMP_IDS, PvCommand, PvCpuCommand } from '../../shapes/s390x-pv.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, malformed, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { barred, callUltravisor, dataOf, isRefusal, written, writtenBack } from './pv-call.js';
import { isProtected } from './secure-cpu.js';
import { NO_SECURE_CPU, ULTRAVISOR, UNCALLED, doublewords } from './ultravisor.js';

const MIB = 1n << 20n;

/** A dump of `size` bytes as the modelled ultravisor encrypts it: the doubleword `about` it, then zeros. */
function encrypted(size: number, about: bigint): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(doublewords(BigInt.asUintN(64, about)));
  return bytes;
}

/** The decision of a call, with the dump as `data` if it was done; EFAULT if the host cannot write that. */
const dumped = (command: PvCommand | PvCpuCommand, decision: Decision, data: () => Uint8Array): Decision =>
  decision.errno ? decision : written(command, 'buffer', { ...decision, reply: { ...decision.reply, data: data() } });

/** The blocks of a dump of storage, one for each MiB from `gaddr` on. */
function storageBlocks(gaddr: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0, address = gaddr; at < length; at += ULTRAVISOR.dumpSizePerMiB, address += MIB)
    bytes.set(encrypted(ULTRAVISOR.dumpSizePerMiB, address), at);
  return bytes;
}

/**
 * CONFIG_STOR_STATE: one block for each MiB of guest memory from `gaddr` on, `buffLen` bytes together; the kernel copies
 * through a buffer of at most 1 MiB (kvm_s390_pv_dump_stor_state). `gaddr` comes back unchanged.
 */
function storageState(vm: S390xVm, command: PvCommand): Decision {
  const { gaddr = 0n, buffLen = 0n } = command;
  const no = barred(vm, 'pv_dump_config_stor_state');
  if (no) return no;
  if (gaddr % MIB !== 0n || buffLen === 0n || buffLen % BigInt(ULTRAVISOR.dumpSizePerMiB) !== 0n)
    return refused('EINVAL');
  if (buffLen > HOST_ACCESS_MAX) return malformed('buffLen', `must not be more than ${HOST_ACCESS_MAX}`);
  if (vm.host.freeMemory < (buffLen < MIB ? buffLen : MIB)) return refused('ENOMEM');
  const called = callUltravisor(vm, 'pv_dump_config_stor_state', command);
  const answered = dumped(command, called, () => storageBlocks(gaddr, Number(buffLen)));
  return answered.errno ? answered : { ...answered, reply: { ...answered.reply, gaddr } };
}

/** COMPLETE: the end of the dump; the VM goes on (kvm_s390_pv_dump_complete). */
function complete(vm: S390xVm, command: PvCommand): Decision {
  const no = barred(vm, 'pv_dump_complete');
  if (no) return no;
  if ((command.buffLen ?? 0n) < ULTRAVISOR.dumpCompleteSize) return refused('EINVAL');
  if (vm.host.freeMemory < ULTRAVISOR.dumpCompleteSize) return refused('ENOMEM');
  const called = callUltravisor(vm, 'pv_dump_complete', command);
  return dumped(command, called, () => encrypted(ULTRAVISOR.dumpCompleteSize, 0n));
}

type DumpName = keyof typeof PV_DUMP_IDS;

/** The subcommands of the VM's file descriptor; every other one is ENOTTY there. */
const SUBCOMMANDS: { readonly [Name in DumpName]?: (vm: S390xVm, command: PvCommand) => Decision } = {
  init: (vm, command) => callUltravisor(vm, 'pv_dump_init', command),
  config_stor_state: storageState,
  complete,
};

/** DUMP on the VM (kvm_s390_pv_dmp). Reply: `data`, what is written to the buffer. */
export function pvDump(vm: S390xVm, command: PvCommand): Decision {
  const asked = barred(vm, 'pv_protected') ?? dataOf(command, ['subcmd'], ['gaddr', 'buffLen']);
  if (isRefusal(asked)) return asked;
  const subcommand = typeof asked.subcmd === 'number' ? undefined : SUBCOMMANDS[asked.subcmd];
  return subcommand ? written(command, 'data', subcommand(vm, command)) : refused('ENOTTY');
}

/** Dumps the secure CPU of a vCPU, which must be as long as the buffer (kvm_s390_handle_pv_vcpu_dump). */
function dumpCpu(vm: S390xVm, command: PvCpuCommand): Decision {
  const asked = barred(vm, 'pv_cpu_dump') ?? dataOf(command, ['subcmd'], ['gaddr', 'buffLen']);
  if (isRefusal(asked)) return asked;
  if (asked.subcmd !== 'cpu' || (command.buffLen ?? 0n) !== BigInt(ULTRAVISOR.cpuSize)) return refused('EINVAL');
  if (vm.host.freeMemory < ULTRAVISOR.cpuSize) return refused('ENOMEM');
  const vcpu = vm.vcpus.get(command.vcpu);
  const told = vcpu && isProtected(vcpu) ? command : { ultravisor: { refuse: NO_SECURE_CPU } };
  const called = callUltravisor(vm, 'pv_cpu_dump', told);
  return dumped(command, called, () => encrypted(ULTRAVISOR.cpuSize, BigInt(command.vcpu)));
}

/**
 * KVM_S390_PV_CPU_COMMAND (api.rst; kvm_arch_vcpu_ioctl): DUMP, all others are EINVAL. ENOENT: no such vCPU. Reply: `rc`, `rrc`,
 * `data`.
 */
export const pvCpuCommand: Decider<'s390_pv_cpu_command'> = (vm, command) => {
  if (!vm.vcpus.has(command.vcpu)) return refused('ENOENT');
  const verdict = consult(vm, { type: 'pv_on_host' });
  if (verdict.refused) return refused(verdict.refused);
  if (command.command === undefined) return refused('EFAULT');
  if ((command.flags ?? 0) !== 0 || command.command !== 'dump') return refused('EINVAL');
  const decision = dumpCpu(vm, command);
  return writtenBack(command, { ...decision, reply: { ...UNCALLED, ...decision.reply } });
};
