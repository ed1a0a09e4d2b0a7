import { z } from 'zod';
import { abiEnum, bytes, u32, u64, u8 } from './scalars.js';
import { x86Registers } from './x86-registers.js';

/** What a reply to an event can ask for (KVMI_EVENT_ACTION_*). */
export const ACTIONS = { continue: 0, retry: 1, crash: 2 } as const;

export type Action = keyof typeof ACTIONS;

/** Most entries of one reading or setting of page access: as many as there are pages in 16 MiB. */
export const PAGE_ACCESS_MAX = 4096;

/** The name of a command, an event or all of them; a number is an id that nothing has. */
const id = z.union([z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be a name or a number'), u32]);

/** Bits of a page's access (KVMI_PAGE_ACCESS_*). */
export const ACCESS_BITS = { r: 1, w: 2, x: 4 } as const;

const rights = z
  .array(z.enum(['r', 'w', 'x']))
  .max(3)
  .transform((names) => names.reduce<number>((bits, name) => bits | ACCESS_BITS[name], 0));

const access = z.union([rights, u32], { error: 'must be a list of r, w and x, or a number' });

/** A random token as it is kept: SHA-256 of its bytes, in hex. The token itself is nowhere. */
export const commitment = z.string().regex(/^[0-9a-f]{64}$/);

/** The host's clock when a command was decided, in milliseconds since 1970: a fact that the edge puts in. */
export const hostTime = z.int().min(0);

const operands = {
  vcpu: u32.optional(),
  /** Of CHECK_COMMAND and CHECK_EVENT. */
  id: id.optional(),
  event: id.optional(),
  enable: u32.optional(),
  wait: u32.optional(),
  /** Indices of the MSRs to read. */
  msrs: z.array(u32).max(PAGE_ACCESS_MAX).optional(),
  registers: x86Registers.optional(),
  /** CPUID leaf and subleaf. */
  function: u32.optional(),
  index: u32.optional(),
  gpa: u64.optional(),
  size: u32.optional(),
  data: bytes.optional(),
  gpas: z.array(u64).max(PAGE_ACCESS_MAX).optional(),
  view: u32.optional(),
  entries: z
    .array(z.strictObject({ gpa: u64, access }))
    .max(PAGE_ACCESS_MAX)
    .optional(),
  cr: u32.optional(),
  msr: u32.optional(),
  vector: u32.optional(),
  errorCode: u32.optional(),
  address: u64.optional(),
};

type Operand = keyof typeof operands;

/** A command's operands: those that it must have, and those that it may. */
interface Form {
  readonly required?: readonly Operand[];
  readonly optional?: readonly Operand[];
}

/** The tool's commands (kvmi.rst, "Commands"), and their operands. */
export const KVMI_COMMANDS = {
  get_version: {},
  check_command: { required: ['id'] },
  check_event: { required: ['id'] },
  get_guest_info: {},
  control_vm_events: { required: ['event', 'enable'] },
  control_events: { required: ['vcpu', 'event', 'enable'] },
  control_cleanup: { required: ['enable'] },
  pause_vcpu: { required: ['vcpu'], optional: ['wait'] },
  get_vcpu_info: { required: ['vcpu'] },
  get_registers: { required: ['vcpu'], optional: ['msrs'] },
  set_registers: { required: ['vcpu', 'registers'] },
  get_cpuid: { required: ['vcpu', 'function'], optional: ['index'] },
  read_physical: { required: ['gpa', 'size'] },
  write_physical: { required: ['gpa', 'data'], optional: ['size'] },
  get_page_access: { required: ['gpas'], optional: ['view'] },
  set_page_access: { required: ['entries'], optional: ['view'] },
  control_cr: { required: ['vcpu', 'cr', 'enable'] },
  control_msr: { required: ['vcpu', 'msr', 'enable'] },
  inject_exception: { required: ['vcpu', 'vector'], optional: ['errorCode', 'address'] },
  get_map_token: {},
} as const satisfies Readonly<Record<string, Form>>;

export type KvmiCommand = keyof typeof KVMI_COMMANDS;

export const isKvmiCommand = (name: string | number): name is KvmiCommand =>
  typeof name === 'string' && Object.hasOwn(KVMI_COMMANDS, name);

/** What a request says the tool asks for; a name that the channel does not know reaches the machine, which refuses it. */
export const kvmiFields = {
  command: id.meta({ description: Object.keys(KVMI_COMMANDS).join(', ') }),
  padding: u64.optional().meta({ description: 'bytes of the message that must be 0' }),
  ...operands,
};

type Given = { readonly command: string | number } & Readonly<Partial<Record<Operand, unknown>>>;

/** Checks that a command has the operands that it takes, and no others. */
export function kvmiOperandsFit(given: Given, { addIssue }: Pick<z.core.$RefinementCtx, 'addIssue'>): void {
  const { command } = given;
  if (!isKvmiCommand(command)) return;
  const { required = [], optional = [] }: Form = KVMI_COMMANDS[command];
  for (const name of Object.keys(operands) as Operand[]) {
    const wrong = (message: string): void => {
      addIssue({ code: 'custom', path: [name], message });
    };
    if (given[name] === undefined && required.includes(name)) wrong('is required');
    if (given[name] !== undefined && ![...required, ...optional].includes(name)) wrong(`is no operand of ${command}`);
  }
}

/** A command of the tool's, with what the edge adds to GET_MAP_TOKEN. */
export const kvmiCommand = z
  .strictObject({
    type: z.literal('introspection_command'),
    ...kvmiFields,
    token: commitment.optional(),
    time: hostTime.optional(),
  })
  .superRefine(kvmiOperandsFit);

/** KVM_INTROSPECTION_HOOK: a descriptor below 0 is no socket. */
export const hookFields = {
  uuid: z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a UUID in lower case')
    .optional(),
  fd: z.int().min(-1).max(2147483647).optional(),
  padding: u32.optional(),
};

export const hookIntrospection = z.strictObject({ type: z.literal('introspection_hook'), ...hookFields });

/** KVM_INTROSPECTION_UNHOOK, and the tool's closing of its channel. */
export const unhookIntrospection = z.strictObject({ type: z.literal('introspection_unhook') });

/** KVM_INTROSPECTION_PREUNHOOK. */
export const preunhookIntrospection = z.strictObject({ type: z.literal('introspection_preunhook') });

export const allowFields = { command: id.optional(), event: id.optional(), allow: u32 };

/** One of the two must be named. */
export const oneNamed = ({ command, event }: { readonly command?: unknown; readonly event?: unknown }): boolean =>
  (command === undefined) !== (event === undefined);

/** KVM_INTROSPECTION_COMMAND and KVM_INTROSPECTION_EVENT. */
export const allowIntrospection = z
  .strictObject({ type: z.literal('introspection_allow'), ...allowFields })
  .refine(oneNamed, { path: ['command'], message: 'must have command or event, and not both' });

export const replyFields = {
  action: abiEnum(ACTIONS),
  event: id.optional().meta({ description: 'the event that is answered' }),
  newValue: u64.optional().meta({ description: 'of cr and msr: what is set instead' }),
};

/** The tool's reply to an event. */
export const replyToEvent = z.strictObject({
  type: z.literal('introspection_reply'),
  seq: z.int().min(0),
  ...replyFields,
});

/** What is added to an event by its kind; addresses with their offsets. */
export const eventDetails = z
  .strictObject({
    gva: u64,
    gpa: u64,
    access: u8,
    view: u32,
    cr: u32,
    msr: u32,
    xcr: u32,
    oldValue: u64,
    newValue: u64,
    length: u8,
    vector: u8,
    errorCode: u32,
    address: u64,
    descriptor: z.enum(['idtr', 'gdtr', 'ldtr', 'tr']),
    write: z.union([z.literal(0), z.literal(1)]),
  })
  .partial();

export type EventDetails = z.output<typeof eventDetails>;
