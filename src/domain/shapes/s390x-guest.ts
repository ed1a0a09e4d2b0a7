import { z } from 'zod';
import { bytes, u32, u64, u8 } from './scalars.js';

/** Most bytes that the guest stores or loads at once. */
export const GUEST_ACCESS_MAX = 65536;

const operands = {
  /** The address that the instruction names: of a page, or of the first byte. */
  gaddr: u64.optional(),
  /** Operation-request code of ESSA, the four bits of M3. */
  orc: u8.refine((orc) => orc < 16, 'must fit in 4 bits').optional(),
  /** Storage key of SSKE, or access key of TPROT. */
  key: u8.optional(),
  /** M3 of SSKE: NQ 8, MR 4, MC 2, MB 1. */
  m3: u8.refine((m3) => m3 < 16, 'must fit in 4 bits').optional(),
  /** What R1 of PFMF says is to be done. */
  r1: u64.optional(),
  /** What SPX loads. */
  prefix: u32.optional(),
  /** What is stored. */
  data: bytes
    .refine(({ length }) => length >= 1 && length <= GUEST_ACCESS_MAX, `must be 1 to ${GUEST_ACCESS_MAX} bytes`)
    .optional(),
  /** Bytes to load. */
  size: u32.refine((size) => size >= 1 && size <= GUEST_ACCESS_MAX, `must be 1 to ${GUEST_ACCESS_MAX}`).optional(),
};

type Operand = keyof typeof operands;

/** An instruction's operands: those that it must have, and those that it may. */
interface Form {
  readonly required: readonly Operand[];
  readonly optional?: readonly Operand[];
}

const keyForm: Form = { required: ['gaddr'], optional: ['key'] };

/** The guest's instructions that the model knows, and their operands. */
export const GUEST_INSTRUCTIONS = {
  essa: { required: ['gaddr', 'orc'] },
  iske: keyForm,
  rrbe: keyForm,
  sske: { required: ['gaddr'], optional: ['key', 'm3'] },
  pfmf: { required: ['gaddr', 'r1'] },
  tprot: { required: ['gaddr', 'key'] },
  spx: { required: ['prefix'] },
  store: { required: ['gaddr', 'data'] },
  load: { required: ['gaddr', 'size'] },
} as const satisfies Readonly<Record<string, Form>>;

export type GuestInstruction = keyof typeof GUEST_INSTRUCTIONS;

/** What a request says the guest executes; a name that the model does not know reaches the machine, which refuses it. */
export const guestFields = {
  instruction: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be the name of an instruction')
    .meta({ description: Object.keys(GUEST_INSTRUCTIONS).join(', ') }),
  ...operands,
};

/** Whether the model knows an instruction. */
export const isGuestInstruction = (name: string): name is GuestInstruction => Object.hasOwn(GUEST_INSTRUCTIONS, name);

type Given = { readonly instruction: string } & Readonly<Partial<Record<Operand, unknown>>>;

/** Checks that an instruction has the operands that it takes, and no others. */
export function operandsFit(given: Given, { addIssue }: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  const { instruction } = given;
  if (!isGuestInstruction(instruction)) return;
  const { required, optional = [] }: Form = GUEST_INSTRUCTIONS[instruction];
  for (const name of Object.keys(operands) as Operand[]) {
    const wrong = (message: string): void => {
      addIssue({ code: 'custom', path: [name], message });
    };
    if (given[name] === undefined && required.includes(name)) wrong('is required');
    if (given[name] !== undefined && ![...required, ...optional].includes(name))
      wrong(`is no operand of ${instruction}`);
  }
  if (instruction === 'tprot' && typeof given.key === 'number' && given.key > 15)
    addIssue({ code: 'custom', path: ['key'], message: 'must be 0 to 15' });
}

/** An instruction that the guest executes on a vCPU. */
export const guest = z
  .strictObject({ type: z.literal('s390_guest'), vcpu: u32, ...guestFields })
  .superRefine((given, context) => {
    // Records from before PFMF was known may have it with any operands, or none: the machine refused it.
    if (given.instruction !== 'pfmf' || given.r1 !== undefined) operandsFit(given, context);
  });
