import type { Decision } from '../../../src/domain/vm/decision.js';
import { MIB, Machine, type MachineOptions } from './machine.js';

/** States of protection: not protected, protected, dumping. */
export const PV_STATES = ['N', 'P', 'D'] as const;

export type PvState = (typeof PV_STATES)[number];

/** The ultravisor is told to refuse. */
export const REFUSES = { ultravisor: { refuse: { rc: 0x108, rrc: 7 } } };

/** A dump's parts that have a length, in bytes. */
export const DUMP = { cpu: 8192, perMiB: 4096, complete: 2048 } as const;

/** A command of protected virtualization on the VM. */
export const pv = (machine: Machine, command: unknown, fields: object = {}): Decision =>
  machine.run({ type: 's390_pv_command', command, ...fields });

/** The same on a vCPU. */
export const pvCpu = (machine: Machine, fields: object, vcpu = 0): Decision =>
  machine.run({ type: 's390_pv_cpu_command', vcpu, command: 'dump', ...fields });

export interface PvOptions extends MachineOptions {
  readonly vcpus?: number;
  readonly aside?: boolean;
}

/** A VM with 4 MiB of memory in a state of protection that its commands led to. */
export function pvMachine(state: PvState, { vcpus = 2, aside = false, ...options }: PvOptions = {}): Machine {
  const machine = new Machine(options);
  machine.slot(0, 0n, 4n * MIB);
  for (let id = 0; id < vcpus; id++) machine.vcpu(id);
  const commands = [
    ...(aside ? ['enable', 'async_cleanup_prepare'] : []),
    ...(state === 'N' ? [] : ['enable']),
    ...(state === 'D' ? ['dump'] : []),
  ];
  for (const command of commands) pv(machine, command, { subcmd: 'init' });
  return machine;
}

/** The state of protection that a VM is in, with `A` where a protected VM is set aside. */
export function stateOf({ vm: { regions } }: Machine): string {
  const state = { none: 'N', protected: 'P', dumping: 'D' }[regions.protection];
  return regions.aside === 'kept' ? `${state}A` : state;
}

/** Which vCPUs have a secure CPU. */
export const protectedVcpus = ({ vm }: Machine): number[] =>
  [...vm.vcpus.values()].filter(({ sida }) => sida !== undefined).map(({ id }) => id);
