import type { X86Vm } from '../../vm/state.js';
import { isCanonical } from './canonical.js';
import { EFER_LMA } from './mode.js';
import type { X86Vcpu } from './vcpu.js';

/** What an MSR reads before it was written, and what can be written to it. */
interface Msr {
  readonly name: string;
  readonly initial?: (vcpu: X86Vcpu) => bigint;
  /** Whether WRMSR takes a value; any if absent. */
  readonly takes?: (value: bigint, vcpu: X86Vcpu, vm: X86Vm) => boolean;
  /** The capability without which it is not there. */
  readonly needs?: string;
  /** Whether all vCPUs share it. */
  readonly shared?: true;
}

const canonical: NonNullable<Msr['takes']> = (value, { registers }) => isCanonical(value, registers.cr4);

const PAT_TYPES: ReadonlySet<number> = new Set([0, 1, 4, 5, 6, 7]);

/** Eight memory types, a byte each (kvm_pat_valid). */
const isPat = (value: bigint): boolean =>
  [0n, 8n, 16n, 24n, 32n, 40n, 48n, 56n].every((shift) => PAT_TYPES.has(Number((value >> shift) & 0xffn)));

const EFER = { sce: 1n << 0n, lme: 1n << 8n, lma: EFER_LMA, nxe: 1n << 11n, ffxsr: 1n << 14n };

/** CR0.PG. */
const PAGING = 1n << 31n;

/** Bits that exist, and LME only while paging is off (set_efer). */
const isEfer: NonNullable<Msr['takes']> = (value, { registers: { cr0, efer } }, { host: { cpuVendor } }) => {
  const known = EFER.sce | EFER.lme | EFER.lma | EFER.nxe | (cpuVendor === 'intel' ? 0n : EFER.ffxsr);
  const switches = ((value ^ efer) & EFER.lme) !== 0n;
  return (value & ~known) === 0n && !(switches && (cr0 & PAGING) !== 0n);
};

/** The bootstrap processor's flag, the enable flag and the address of the APIC after RESET. */
const apicBase = ({ id }: X86Vcpu): bigint => 0xfee00800n | (id === 0 ? 0x100n : 0n);

/** HV_X64_MSR_GUEST_OS_ID: who the guest is, for Hyper-V's interface. */
export const HYPERV_GUEST_ID = 0x40000000;

/** The MSRs that the model has, by index (SDM volume 4, table 2-2; kvm_get_msr_common). */
const MSRS: ReadonlyMap<number, Msr> = new Map<number, Msr>([
  [0x10, { name: 'tsc' }],
  [0x1b, { name: 'apic_base', initial: apicBase }],
  [0x174, { name: 'sysenter_cs' }],
  [0x175, { name: 'sysenter_esp', takes: canonical }],
  [0x176, { name: 'sysenter_eip', takes: canonical }],
  [0x1a0, { name: 'misc_enable', initial: () => 1n }],
  [0x277, { name: 'pat', initial: () => 0x0007040600070406n, takes: isPat }],
  [HYPERV_GUEST_ID, { name: 'hyperv_guest_os_id', needs: 'hyperv', shared: true }],
  [0xc0000080, { name: 'efer', initial: ({ registers }) => registers.efer, takes: isEfer }],
  [0xc0000081, { name: 'star' }],
  [0xc0000082, { name: 'lstar', takes: canonical }],
  [0xc0000083, { name: 'cstar', takes: canonical }],
  [0xc0000084, { name: 'syscall_mask' }],
  [0xc0000100, { name: 'fs_base', takes: canonical }],
  [0xc0000101, { name: 'gs_base', takes: canonical }],
  [0xc0000102, { name: 'kernel_gs_base', takes: canonical }],
  [0xc0000103, { name: 'tsc_aux', takes: (value) => value < 1n << 32n }],
]);

export const EFER_INDEX = 0xc0000080;

/** MSRs that every event of a vCPU tells (struct kvmi_vcpu_event_arch). */
export const EVENT_MSRS = [0x174, 0x175, 0x176, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0x277, 0xc0000102];

/** Ranges of indices that introspection can select (kvmi_msr_valid). */
export const isSelectableMsr = (index: number): boolean =>
  index <= 0x1fff || (index >= 0xc0000000 && index <= 0xc0001fff);

/** The MSR of an index, if the VM has it. */
function msrOf({ capabilities }: X86Vm, index: number): Msr | undefined {
  const msr = MSRS.get(index);
  const there = msr?.needs === undefined || (capabilities?.includes(msr.needs) ?? false);
  return there ? msr : undefined;
}

/** What RDMSR reads; undefined for an MSR that is not there, which is a general-protection exception. EFER is the vCPU's. */
export function readMsr(vm: X86Vm, vcpu: X86Vcpu, index: number): bigint | undefined {
  const msr = msrOf(vm, index);
  return msr && (vcpu.msrs?.get(index) ?? msr.initial?.(vcpu) ?? 0n);
}

/** Whether WRMSR takes a value. */
export function takesMsr(vm: X86Vm, vcpu: X86Vcpu, index: number, value: bigint): boolean {
  const msr = msrOf(vm, index);
  return msr !== undefined && (msr.takes?.(value, vcpu, vm) ?? true);
}

/** The vCPUs whose MSR a write changes. */
export const msrOwners = (vm: X86Vm, { id }: X86Vcpu, index: number): readonly number[] =>
  msrOf(vm, index)?.shared ? [...vm.vcpus.keys()] : [id];

/** EFER after a guest wrote `value`: LMA is the processor's own. */
export const eferAfter = (value: bigint, before: bigint): bigint => (value & ~EFER_LMA) | (before & EFER_LMA);
