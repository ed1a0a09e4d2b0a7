import { z } from 'zod';
import { u32, u64, u8 } from '../../shapes/scalars.js';
import { X86_MP_STATES, type X86MpState } from '../../shapes/x86-mp-state.js';
import { x86Registers } from '../../shapes/x86-registers.js';
import { IPI_MODES, type IpiMode } from '../../x86_64/vcpu/ipi-modes.js';
import { fact } from './fact.js';

const ipiMode = z.enum(Object.keys(IPI_MODES) as [IpiMode, ...IpiMode[]]);
const mpState = z.enum(Object.keys(X86_MP_STATES) as [X86MpState, ...X86MpState[]]);
const ipi = { mode: ipiMode, vector: u8 };

/** A page of a VMM's address space. */
const page = z.int().min(0);

/** Facts about x86_64 VMs and their vCPUs. */
export const x86Events = [
  fact('x86_registers_set', { vcpu: u32, registers: x86Registers }),
  fact('msr_written', { vcpu: u32, msr: u32, value: u64 }),
  /** XCR0. */
  fact('xcr_written', { vcpu: u32, value: u64 }),
  fact('x86_mp_state_set', { vcpu: u32, mpState }),
  fact('vcpu_halted', { vcpu: u32 }),
  fact('vcpu_woken', { vcpu: u32 }),
  /** The vCPU will not sleep the next time it halts. */
  fact('vcpu_kicked', { vcpu: u32 }),
  fact('ipi_accepted', { vcpu: u32, ...ipi }),
  fact('ipis_taken', { vcpu: u32, ipis: z.array(z.strictObject(ipi)) }),
  /** User space is to answer a hypercall; `wide`: with 64 bits. */
  fact('hypercall_exited', { vcpu: u32, wide: z.boolean() }),
  fact('hypercall_completed', { vcpu: u32 }),
  /** `value` is the argument that the capability was enabled with. */
  fact('x86_capability_enabled', { capability: z.string(), value: u64 }),

  /** The page is that of another VM from now on; its own content is lost. */
  fact('page_borrowed', { page, lender: z.string(), lenderPage: page }),
  /** It is a page of its own again, of zeros. */
  fact('page_returned', { page }),
  /** The content of a page is lost. */
  fact('page_discarded', { page }),
  /** All pages of another VM, which is gone, are pages of its own again, of zeros. */
  fact('pages_lost', { lender: z.string() }),
  fact('page_lent', { page, borrower: z.string(), borrowerPage: page }),
  fact('page_taken_back', { page, borrower: z.string(), borrowerPage: page }),
  /** All that another VM, which is gone, had. */
  fact('pages_taken_back', { borrower: z.string() }),
] as const;
