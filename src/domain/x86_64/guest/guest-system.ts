import { type Outcome, isHeard } from '../../introspection/sending.js';
import { addressOf } from '../../memory/address.js';
import type { EventDetails } from '../../shapes/kvmi.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import { controlValue, controlWrite, isControlRegister } from './control-writes.js';
import { exception } from '../vcpu/exceptions.js';
import { type Execute, generalProtection, invalidOpcode, isPrivileged, raise } from '../vcpu/guest-context.js';
import { is64Bit, operandOf } from '../vcpu/mode.js';
import { EFER_INDEX, eferAfter, msrOwners, readMsr, takesMsr } from '../vcpu/msrs.js';
import { deliverable } from '../hypercalls/ipi.js';
import { reach } from '../paging/linear.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

/** Whether a write of an old and a new value is told: the event is heard, the register selected, and the value another one. */
const isWriteTold = (
  vm: X86Vm,
  vcpu: X86Vcpu,
  event: 'cr' | 'msr',
  [number, selected]: readonly [number, readonly number[] | undefined],
  { oldValue, newValue }: EventDetails,
): boolean => oldValue !== newValue && (selected?.includes(number) ?? false) && isHeard(vm, vcpu, event);

const registersSet = ({ id }: X86Vcpu, registers: object): Event[] =>
  Object.keys(registers).length === 0 ? [] : [{ type: 'x86_registers_set', vcpu: id, registers }];

/**
 * MOV to a control register: invalid opcode for one that does not exist, general protection at CPL 3 and for a value that it
 * cannot hold. A tool that selected the register is told of a good value first, and what it replies takes its place.
 */
export const movToCr: Execute = (vm, vcpu, { cr = 0, value = 0n }, { replied }) => {
  if (!isControlRegister(cr)) return invalidOpcode(vcpu);
  if (!isPrivileged(vcpu)) return generalProtection(vcpu);
  const { registers } = vcpu;
  const context = { registers, host: vm.host, memory: vm.memory };
  const written = operandOf(replied?.newValue ?? value, is64Bit(registers));
  const changes = controlWrite(cr, written, context);
  if (changes === undefined) return generalProtection(vcpu);
  const details = { cr, oldValue: controlValue(cr, registers), newValue: written };
  if (replied === undefined && isWriteTold(vm, vcpu, 'cr', [cr, vcpu.introspection?.crs], details))
    return { facts: [], told: { event: 'cr', details } };
  return { facts: registersSet(vcpu, changes) };
};

const msrWritten = (vm: X86Vm, vcpu: X86Vcpu, msr: number, value: bigint): Event[] =>
  msr === EFER_INDEX
    ? registersSet(vcpu, { efer: eferAfter(value, vcpu.registers.efer) })
    : msrOwners(vm, vcpu, msr).map((id) => ({ type: 'msr_written', vcpu: id, msr, value }));

/**
 * WRMSR: general protection above CPL 0, for an MSR that is not there and for a value that it does not take. A tool that
 * selected the MSR is told before the value is looked at, and what it replies takes its place (kvm_set_msr).
 */
export const wrmsr: Execute = (vm, vcpu, { msr = 0, value = 0n }, { replied }) => {
  const oldValue = readMsr(vm, vcpu, msr);
  if (!isPrivileged(vcpu) || oldValue === undefined) return generalProtection(vcpu);
  const details = { msr, oldValue, newValue: value };
  if (replied === undefined && isWriteTold(vm, vcpu, 'msr', [msr, vcpu.introspection?.msrs], details))
    return { facts: [], told: { event: 'msr', details } };
  const written = replied?.newValue ?? value;
  return takesMsr(vm, vcpu, msr, written) ? { facts: msrWritten(vm, vcpu, msr, written) } : generalProtection(vcpu);
};

/** RDMSR. Reply: `value`. General protection above CPL 0 and for an MSR that is not there. */
export const rdmsr: Execute = (vm, vcpu, { msr = 0 }) => {
  const value = readMsr(vm, vcpu, msr);
  return isPrivileged(vcpu) && value !== undefined ? { facts: [], reply: { value } } : generalProtection(vcpu);
};

/** CR4.OSXSAVE; state components that XCR0 can have: x87, SSE, AVX, AVX-512 (three). */
const OSXSAVE = 1n << 18n;
const XCR0 = { x87: 1n, sse: 2n, avx: 4n, avx512: 0xe0n };
const XCR0_BITS = XCR0.x87 | XCR0.sse | XCR0.avx | XCR0.avx512;

/** __kvm_set_xcr: x87 always, AVX only with SSE, AVX-512 as a whole and with AVX. */
function isXcr0(value: bigint): boolean {
  const lacks = (mask: bigint): boolean => (value & mask) !== mask;
  if ((value & ~XCR0_BITS) !== 0n || lacks(XCR0.x87)) return false;
  if ((value & XCR0.avx) !== 0n && lacks(XCR0.sse)) return false;
  return (value & XCR0.avx512) === 0n || !lacks(XCR0.avx512 | XCR0.avx);
}

/** What XCR0 holds after RESET. */
const XCR0_INITIAL = XCR0.x87;

/**
 * XSETBV: invalid opcode without CR4.OSXSAVE, general protection above CPL 0, for an XCR that is not there and for a value
 * that it does not take. The tool is told of another value.
 */
export const xsetbv: Execute = (vm, vcpu, { xcr = 0, value = 0n }, { replied }) => {
  if ((vcpu.registers.cr4 & OSXSAVE) === 0n) return invalidOpcode(vcpu);
  if (!isPrivileged(vcpu) || xcr !== 0 || !isXcr0(value)) return generalProtection(vcpu);
  const oldValue = vcpu.xcr0 ?? XCR0_INITIAL;
  if (replied === undefined && oldValue !== value && isHeard(vm, vcpu, 'xsetbv'))
    return { facts: [], told: { event: 'xsetbv', details: { xcr, oldValue, newValue: value } } };
  return { facts: [{ type: 'xcr_written', vcpu: vcpu.id, value }] };
};

/** HLT: general protection above CPL 0. The vCPU waits, unless something that would wake it is there already. */
export const hlt: Execute = (_vm, vcpu) => {
  if (!isPrivileged(vcpu)) return generalProtection(vcpu);
  if (vcpu.kicked) return { facts: [{ type: 'vcpu_woken', vcpu: vcpu.id }] };
  return { facts: deliverable(vcpu).length > 0 ? [] : [{ type: 'vcpu_halted', vcpu: vcpu.id }] };
};

type DescriptorTable = NonNullable<EventDetails['descriptor']>;

/**
 * An instruction that loads or stores a descriptor-table register, which the model does not have: nothing comes of it but the
 * event. Loads are general-protection exceptions above CPL 0. RETRY executes it again.
 */
export const descriptorAccess =
  (descriptor: DescriptorTable, write: 0 | 1): Execute =>
  (vm, vcpu, _command, { replied }): Outcome => {
    if (write === 1 && !isPrivileged(vcpu)) return generalProtection(vcpu);
    if (replied?.action !== 'continue' && isHeard(vm, vcpu, 'descriptor'))
      return { facts: [], told: { event: 'descriptor', details: { descriptor, write } } };
    return { facts: [] };
  };

/** What stands for no address (UNMAPPED_GVA). */
const NOWHERE = (1n << 64n) - 1n;

/**
 * INT3, with the instruction at RIP. The tool is told where it is, all ones if nowhere; CONTINUE gives the guest the
 * exception, RETRY lets it go on.
 */
export const int3: Execute = (vm, vcpu, _command, { replied }) => {
  if (replied?.action === 'retry') return { facts: [] };
  if (replied === undefined && isHeard(vm, vcpu, 'breakpoint')) {
    const { pieces, facts } = reach(vm, vcpu, vcpu.registers.rip, 1, { write: false, exec: false, user: false });
    const [at] = pieces;
    const gpa = at === undefined ? NOWHERE : addressOf(at.frame, at.offset);
    return { facts, told: { event: 'breakpoint', details: { gpa, length: 1 } } };
  }
  return raise(vcpu, exception('breakpoint'));
};
