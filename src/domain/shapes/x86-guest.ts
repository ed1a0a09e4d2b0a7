import { z } from 'zod';
import { bytes, u32, u64, u8 } from './scalars.js';

/** Most bytes that the guest stores or loads at once. */
export const X86_GUEST_ACCESS_MAX = 65536;

const operands = {
  /** Linear address of the first byte. */
  gva: u64.optional(),
  size: u32
    .refine((size) => size >= 1 && size <= X86_GUEST_ACCESS_MAX, `must be 1 to ${X86_GUEST_ACCESS_MAX}`)
    .optional(),
  data: bytes
    .refine(({ length }) => length >= 1 && length <= X86_GUEST_ACCESS_MAX, `must be 1 to ${X86_GUEST_ACCESS_MAX} bytes`)
    .optional(),
  cr: u8.refine((cr) => cr < 16, 'must fit in 4 bits').optional(),
  msr: u32.optional(),
  xcr: u32.optional(),
  value: u64.optional(),
};

type Operand = keyof typeof operands;

/** The guest's instructions that the model knows, and their operands, all of which they must have. */
export const X86_INSTRUCTIONS = {
  load: ['gva', 'size'],
  store: ['gva', 'data'],
  fetch: ['gva'],
  mov_to_cr: ['cr', 'value'],
  wrmsr: ['msr', 'value'],
  rdmsr: ['msr'],
  xsetbv: ['xcr', 'value'],
  int3: [],
  hlt: [],
  lidt: [],
  sidt: [],
  lgdt: [],
  sgdt: [],
  lldt: [],
  sldt: [],
  ltr: [],
  str: [],
} as const satisfies Readonly<Record<string, readonly Operand[]>>;

export type X86Instruction = keyof typeof X86_INSTRUCTIONS;

/** Whether the model knows an instruction. */
export const isX86Instruction = (name: string): name is X86Instruction => Object.hasOwn(X86_INSTRUCTIONS, name);

/** What a request says the guest executes; a name that the model does not know reaches the machine, which refuses it. */
export const x86GuestFields = {
  instruction: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be the name of an instruction')
    .meta({ description: Object.keys(X86_INSTRUCTIONS).join(', ') }),
  ...operands,
};

type Given = { readonly instruction: string } & Readonly<Partial<Record<Operand, unknown>>>;

/** Checks that an instruction has the operands that it takes, and no others. */
export function x86OperandsFit(given: Given, { addIssue }: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  const { instruction } = given;
  if (!isX86Instruction(instruction)) return;
  const taken: readonly Operand[] = X86_INSTRUCTIONS[instruction];
  for (const name of Object.keys(operands) as Operand[]) {
    const wrong = (message: string): void => {
      addIssue({ code: 'custom', path: [name], message });
    };
    if (given[name] === undefined && taken.includes(name)) wrong('is required');
    if (given[name] !== undefined && !taken.includes(name)) wrong(`is no operand of ${instruction}`);
  }
}

/** The same without the bytes of a store, which are kept apart: what a vCPU that waits was about to do. */
export const heldGuest = z.strictObject({ type: z.literal('x86_guest'), vcpu: u32, ...x86GuestFields });

/** An instruction that the guest executes on a vCPU. */
export const x86Guest = heldGuest.superRefine(x86OperandsFit);
