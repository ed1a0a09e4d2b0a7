import type { X86RegisterChanges } from '../shapes/x86-registers.js';
import { X86_GENERAL } from '../shapes/x86-registers.js';
import { done, refused } from '../vm/decision.js';
import { cpuidLeaf } from '../x86_64/guest/cpuid.js';
import { codeWidth } from '../x86_64/vcpu/mode.js';
import { readMsr } from '../x86_64/vcpu/msrs.js';
import { tscHz } from '../x86_64/vcpu/tsc.js';
import { VERSION } from './tool-control.js';
import { INVALID, type Tool, onVcpu } from './tool-context.js';

/** KVMI_VCPU_GET_INFO. Reply: `tscHz`. */
export const getVcpuInfo: Tool = onVcpu(({ vm }) => done([], { tscHz: tscHz(vm.host) }));

/** Bytes of a reply to GET_REGISTERS without MSRs (struct kvmi_error_code, mode, kvm_regs, kvm_sregs, nmsrs), and of each MSR. */
const REGISTERS_SIZE = 8 + 8 + 144 + 312 + 8;
const MSR_SIZE = 16;

/** Most MSRs that a reply has room for. */
export const MSRS_MAX = Math.floor((VERSION.maxMessageSize - REGISTERS_SIZE) / MSR_SIZE);

/** KVMI_VCPU_GET_REGISTERS. Reply: `mode`, `registers`, `msrs`. EINVAL for more MSRs than a message holds and for one that is not there. */
export const getRegisters: Tool = onVcpu(({ vm }, { msrs = [] }, vcpu) => {
  if (msrs.length > MSRS_MAX) return INVALID;
  const values = msrs.map((index) => ({ index, value: readMsr(vm, vcpu, index) }));
  if (values.some(({ value }) => value === undefined)) return INVALID;
  return done([], { mode: codeWidth(vcpu.registers), registers: vcpu.registers, msrs: values });
});

/** What struct kvm_regs has. */
const SETTABLE: ReadonlySet<string> = new Set([...X86_GENERAL, 'rip', 'rflags']);

const isSettable = (registers: X86RegisterChanges): boolean =>
  Object.keys(registers).every((name) => SETTABLE.has(name));

/** KVMI_VCPU_SET_REGISTERS: after the reply to the event that the vCPU waits in, else EOPNOTSUPP. EINVAL for what is not in struct kvm_regs. */
export const setRegisters: Tool = onVcpu((_at, { registers = {} }, { id, waiting }) => {
  if (!isSettable(registers)) return INVALID;
  return waiting === undefined ? refused('EOPNOTSUPP') : done([{ type: 'registers_set_later', vcpu: id, registers }]);
});

/** KVMI_VCPU_GET_CPUID. Reply: `eax`, `ebx`, `ecx`, `edx`. ENOENT for a leaf that is not there. */
export const getCpuid: Tool = onVcpu(({ vm }, { function: leaf = 0, index = 0 }, vcpu) => {
  const registers = cpuidLeaf(vm, vcpu, leaf, index);
  return registers ? done([], { ...registers }) : refused('ENOENT');
});
