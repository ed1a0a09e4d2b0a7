import { z } from 'zod';
import { vcpuId } from './memory.js';
import { abiEnum, u32, u64 } from './scalars.js';
import { ultravisor } from './ultravisor.js';

/** Commands of struct kvm_pv_cmd by ABI number (linux/kvm.h, enum pv_cmd_id). */
export const PV_COMMAND_IDS = {
  enable: 0,
  disable: 1,
  set_sec_parms: 2,
  unpack: 3,
  verify: 4,
  prep_reset: 5,
  unshare_all: 6,
  info: 7,
  dump: 8,
  async_cleanup_prepare: 9,
  async_cleanup_perform: 10,
} as const;

export type PvCommandName = keyof typeof PV_COMMAND_IDS;

/** Subcommands of `dump` by ABI number (linux/kvm.h, enum pv_cmd_dmp_id); `cpu` is for vCPUs. */
export const PV_DUMP_IDS = { init: 0, config_stor_state: 1, complete: 2, cpu: 3 } as const;

/** What `info` can be asked for, by ABI number (linux/kvm.h, enum pv_cmd_info_id). */
export const PV_INFO_IDS = { vm: 0, dump: 1 } as const;

/** What of the VMM's memory a command writes: struct kvm_pv_cmd, what its `data` points to, and the buffer of a dump. */
const WRITTEN = ['command', 'data', 'buffer'] as const;

/** What goes wrong on the host: a fatal signal while something is destroyed, memory of the VMM's that cannot be written. */
const host = z
  .strictObject({
    fatalSignal: z.boolean().optional(),
    unwritable: z
      .array(z.enum(WRITTEN))
      .max(WRITTEN.length)
      .optional()
      .meta({ description: 'what of the output lies at bad addresses, so that it is EFAULT at its place' }),
  })
  .meta({ id: 'PvHost' });

/** struct kvm_pv_cmd, without what `data` points to. */
const call = {
  command: abiEnum(PV_COMMAND_IDS).optional(),
  flags: u32.optional(),
  ultravisor: ultravisor.optional(),
  host: host.optional(),
};

/** struct kvm_s390_pv_dmp, but for the address of the buffer: the answer has what is written there. */
const dump = { subcmd: abiEnum(PV_DUMP_IDS).optional(), buffLen: u64.optional() };

/** What `data` of struct kvm_pv_cmd points to, for all commands together; one looks at its own fields alone. */
const data = {
  origin: u64.optional(),
  length: u64.optional(),
  addr: u64.optional(),
  size: u64.optional(),
  tweak: u64.optional(),
  id: abiEnum(PV_INFO_IDS).optional(),
  lenMax: u32.optional(),
  ...dump,
  gaddr: u64.optional(),
};

/** KVM_S390_PV_COMMAND. Without `command` the structure is a bad address, without a field of `data` what it points to. */
export const pvCommand = z.strictObject({ type: z.literal('s390_pv_command'), ...call, ...data });

/** KVM_S390_PV_CPU_COMMAND. */
export const pvCpuCommand = z.strictObject({
  type: z.literal('s390_pv_cpu_command'),
  vcpu: vcpuId,
  ...call,
  ...dump,
  gaddr: u64.optional(),
});

export type PvCommand = z.output<typeof pvCommand>;
export type PvCpuCommand = z.output<typeof pvCpuCommand>;
