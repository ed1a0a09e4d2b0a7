import { addressOf, fragments, frameOf } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import type { X86Host } from '../../shapes/host.js';
import type { X86RegisterChanges } from '../../shapes/x86-registers.js';
import { EFER_LMA, is64Bit } from '../vcpu/mode.js';
import type { X86RegisterFile } from '../vcpu/vcpu.js';

/** Where a control register is written: the vCPU's registers, its machine and its memory. */
export interface ControlContext {
  readonly registers: X86RegisterFile;
  readonly host: X86Host;
  readonly memory: GuestMemory;
}

/** The registers that a write leads to, or undefined for a general-protection exception. */
type Write = (value: bigint, context: ControlContext) => X86RegisterChanges | undefined;

const bits = (...numbers: readonly number[]): bigint => numbers.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);

const CR0 = { pe: bits(0), et: bits(4), nw: bits(29), cd: bits(30), pg: bits(31) };
const CR4 = { pae: bits(5), pge: bits(7), la57: bits(12), pcide: bits(17), smep: bits(20), pse: bits(4) };
const LME = bits(8);

/** CR0: PE, MP, EM, TS, ET, NE, WP, AM, NW, CD and PG; other bits of the lower half are dropped. */
const CR0_BITS = bits(0, 1, 2, 3, 4, 5, 16, 18, 29, 30, 31);

/** CR4 but for virtualization and safer modes, which the guest does not have. */
const CR4_BITS = bits(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 20, 21, 22);

/** Bits of CR4 whose change has the page-directory pointers read again. */
const PDPTR_BITS = CR4.pge | CR4.pse | CR4.pae | CR4.smep;

const has = (value: bigint, mask: bigint): boolean => (value & mask) !== 0n;

/** Address bits above MAXPHYADDR. */
const beyondAddress = ({ maxPhysAddrBits }: X86Host): bigint =>
  ~((1n << BigInt(maxPhysAddrBits)) - 1n) & ((1n << 64n) - 1n);

/** Whether the four page-directory pointers at CR3 can be loaded: memory is there, and none that is present has a reserved bit (load_pdptrs). */
function pointersLoad({ memory, host }: ControlContext, cr3: bigint): boolean {
  const at = cr3 & 0xffffffe0n;
  if (!memory.backs(at, 32)) return false;
  const table = memory.read(fragments(addressOf(frameOf(at), Number(at & 0xfffn)), 32));
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const reserved = beyondAddress(host) | bits(1, 2, 5, 6, 7, 8);
  return [0, 8, 16, 24].every((offset) => {
    const entry = view.getBigUint64(offset, true);
    return !has(entry, 1n) || !has(entry, reserved);
  });
}

/** kvm_set_cr0. Turning paging on with EFER.LME enters long mode, turning it off leaves it. */
const writeCr0: Write = (value, context) => {
  const { registers: before } = context;
  const { cr0, cr3, cr4, efer } = before;
  if (value >> 32n !== 0n) return undefined;
  const after = (value & CR0_BITS) | CR0.et;
  if (has(after, CR0.nw) && !has(after, CR0.cd)) return undefined;
  if (has(after, CR0.pg) && !has(after, CR0.pe)) return undefined;
  const turnsOn = has(after, CR0.pg) && !has(cr0, CR0.pg);
  if (turnsOn && has(efer, LME) && (!has(cr4, CR4.pae) || before.cs.l === 1)) return undefined;
  const rereads = has((after ^ cr0) & (CR0.pg | CR0.cd | CR0.nw), ~0n) && has(after, CR0.pg) && has(cr4, CR4.pae);
  if (rereads && !has(efer, LME) && !pointersLoad(context, cr3)) return undefined;
  if (!has(after, CR0.pg) && (is64Bit(before) || has(cr4, CR4.pcide))) return undefined;
  if (!has(efer, LME)) return { cr0: after };
  return { cr0: after, efer: has(after, CR0.pg) ? efer | EFER_LMA : efer & ~EFER_LMA };
};

/** kvm_set_cr3. Bit 63 says that the TLB may stay, and goes nowhere. */
const writeCr3: Write = (value, context) => {
  const { cr0, cr4, efer } = context.registers;
  const cr3 = has(cr4, CR4.pcide) ? value & ~bits(63) : value;
  if (has(cr3, beyondAddress(context.host))) return undefined;
  const pae = has(cr0, CR0.pg) && has(cr4, CR4.pae) && !has(efer, EFER_LMA);
  return pae && !pointersLoad(context, cr3) ? undefined : { cr3 };
};

/** kvm_set_cr4. */
const writeCr4: Write = (value, context) => {
  const { cr0, cr3, cr4, efer } = context.registers;
  const long = has(efer, EFER_LMA);
  const changes = value ^ cr4;
  if (has(value, ~CR4_BITS)) return undefined;
  if (long && (!has(value, CR4.pae) || has(changes, CR4.la57))) return undefined;
  const rereads = !long && has(cr0, CR0.pg) && has(value, CR4.pae) && has(changes, PDPTR_BITS);
  if (rereads && !pointersLoad(context, cr3)) return undefined;
  const turnsPcidOn = has(value, CR4.pcide) && !has(cr4, CR4.pcide);
  return turnsPcidOn && (!long || has(cr3, 0xfffn)) ? undefined : { cr4: value };
};

/** The control registers that exist; CR8, the task priority, is not kept. */
const WRITES: ReadonlyMap<number, Write> = new Map<number, Write>([
  [0, writeCr0],
  [2, (cr2) => ({ cr2 })],
  [3, writeCr3],
  [4, writeCr4],
  [8, (value) => (value < 16n ? {} : undefined)],
]);

/** Whether there is such a control register: any other is an invalid opcode. */
export const isControlRegister = (cr: number): boolean => WRITES.has(cr);

/**
 * What MOV to a control register leads to at CPL 0: the registers that it changes, or undefined for a general-protection
 * exception (kvm_set_cr0, kvm_set_cr3, kvm_set_cr4, kvm_set_cr8).
 */
export const controlWrite = (cr: number, value: bigint, context: ControlContext): X86RegisterChanges | undefined =>
  WRITES.get(cr)?.(value, context);

/** What a control register holds now; CR8 reads 0. */
export function controlValue(cr: number, registers: X86RegisterFile): bigint {
  const values: Readonly<Record<number, bigint>> = {
    0: registers.cr0,
    2: registers.cr2,
    3: registers.cr3,
    4: registers.cr4,
  };
  return values[cr] ?? 0n;
}
