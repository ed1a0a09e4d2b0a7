import type { Interrupt, InterruptOf, InterruptType, IrqRequest } from '../../shapes/s390x-interrupt.js';

/** The bit of a program-interruption code that says PER event (PoP, "Program-Interruption Code"). */
export const PGM_PER = 0x80;

/** Subclasses of machine checks in the MCIC: system damage and instruction-processing damage are exigent (PoP, chapter 11). */
const EXIGENT = 0xc000000000000000n;

/** Degradation, external damage and warning, which CR14 can keep back. */
const REPRESSIBLE = (1n << 56n) | (1n << 58n) | (1n << 55n);

export const isExigent = ({ mcic }: InterruptOf<'mchk'>): boolean => (mcic & EXIGENT) !== 0n;

/**
 * In which order interruptions are delivered that can be delivered at the same time, highest priority first
 * (PoP, "Priority of Interruptions"; enum irq_types). Repressible machine checks come after program interruptions.
 */
const PRIORITY: readonly InterruptType[] = [
  'program_int',
  'mchk',
  'int_emergency',
  'int_external_call',
  'int_clock_comp',
  'int_cpu_timer',
  'pfault_init',
  'sigp_stop',
  'restart',
  'sigp_set_prefix',
];

const rank = (waiting: Interrupt): number =>
  waiting.type === 'mchk' && isExigent(waiting) ? -1 : PRIORITY.indexOf(waiting.type);

const sourceOf = (waiting: Interrupt): number => (waiting.type === 'int_emergency' ? waiting.code : 0);

/** By priority; emergency signals of several CPUs by their number. */
const inOrder = (a: Interrupt, b: Interrupt): number => rank(a) - rank(b) || sourceOf(a) - sourceOf(b);

/** Whether two interruptions cannot wait side by side: one of each type does, and one emergency signal of each CPU. */
const sameKind = (a: Interrupt, b: Interrupt): boolean => a.type === b.type && sourceOf(a) === sourceOf(b);

/** The list with an interruption in the place of what it was merged with, in order of priority. */
export const queued = (pending: readonly Interrupt[], added: Interrupt): readonly Interrupt[] =>
  [...pending.filter((waiting) => !sameKind(waiting, added)), added].sort(inOrder);

/** The list without an interruption. */
export const withoutInterrupt = (pending: readonly Interrupt[], taken: Interrupt): readonly Interrupt[] =>
  pending.filter((waiting) => !sameKind(waiting, taken));

type Program = InterruptOf<'program_int'>;

const perOf = ({ perCode, perAtmid, perAddress, perAccessId }: Program) => ({
  ...(perCode !== undefined && { perCode }),
  ...(perAtmid !== undefined && { perAtmid }),
  ...(perAddress !== undefined && { perAddress }),
  ...(perAccessId !== undefined && { perAccessId }),
});

const withoutPer = ({ perCode: _c, perAtmid: _m, perAddress: _a, perAccessId: _i, flags: _f, ...rest }: Program) =>
  rest;

const flagsOf = ({ flags }: Program) => (flags === undefined ? {} : { flags });

/** KVM_S390_PGM_FLAGS_ILC_VALID and _ILC_MASK. */
const ILC_VALID = 0x01;
const ILC_MASK = 0x06;

/** Where no valid instruction-length code was given, that of the last interception, which the model does not have: 0 (__inject_prog). */
function withLength(given: Program): Program {
  const { flags = 0 } = given;
  return (flags & ILC_VALID) === 0 ? { ...given, flags: (flags & ~ILC_MASK) | ILC_VALID } : given;
}

/**
 * A program interruption on top of the one that waits: a PER event alone changes nothing but PER's fields, any other code
 * keeps them, and one with both replaces everything (__inject_prog).
 */
function mergedProgram(before: Program | undefined, given: Program): Program {
  const added = withLength(given);
  if (before === undefined) return added;
  if (added.code === PGM_PER)
    return { ...withoutPer(before), ...perOf(added), ...flagsOf(added), code: before.code | PGM_PER };
  if ((added.code & PGM_PER) !== 0) return added;
  return { ...withoutPer(added), ...perOf(before), ...flagsOf(added), code: (before.code & PGM_PER) | added.code };
}

type MachineCheck = InterruptOf<'mchk'>;

/** Machine checks add up; address and logout are those of the last one (__inject_mchk, PoP "Interruption Action"). */
const mergedCheck = (before: MachineCheck | undefined, added: MachineCheck): MachineCheck => ({
  ...added,
  cr14: (before?.cr14 ?? 0n) | added.cr14,
  mcic: (before?.mcic ?? 0n) | added.mcic,
  extDamageCode: ((before?.extDamageCode ?? 0) | added.extDamageCode) >>> 0,
});

const isOf =
  <Type extends InterruptType>(type: Type) =>
  (waiting: Interrupt): waiting is InterruptOf<Type> =>
    waiting.type === type;

/** What waits after `added` came to `pending`; undefined if nothing new does: a machine check without a subclass. */
export function merged(pending: readonly Interrupt[], added: Interrupt): Interrupt | undefined {
  switch (added.type) {
    case 'program_int':
      return mergedProgram(pending.find(isOf('program_int')), added);
    case 'mchk': {
      const whole = mergedCheck(pending.find(isOf('mchk')), added);
      return (whole.mcic & (EXIGENT | REPRESSIBLE)) === 0n ? undefined : whole;
    }
    default:
      return added;
  }
}

const numberOf = (flags: IrqRequest['flags']): number =>
  (flags ?? []).reduce((mask, flag) => mask | (typeof flag === 'bigint' ? Number(flag) : 1), 0) & 0xff;

const present = <Fields extends object>(fields: Fields): Partial<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;

function programOf(irq: IrqRequest): Program {
  const { opAccessId, dataExcCode, monCode, monClassNr, perCode, perAtmid, perAddress, perAccessId } = irq;
  const more = { opAccessId, dataExcCode, monCode, monClassNr, perCode, perAtmid, perAddress, perAccessId };
  return {
    type: 'program_int',
    code: irq.code ?? 0,
    transExcCode: irq.transExcCode ?? 0n,
    excAccessId: irq.excAccessId ?? 0,
    ...present(more),
    ...(irq.flags && { flags: numberOf(irq.flags) }),
  };
}

/** How a local interruption is read from struct kvm_s390_irq, by type. */
const LOCAL: { readonly [Type in InterruptType]: (irq: IrqRequest) => InterruptOf<Type> } = {
  program_int: programOf,
  sigp_stop: ({ flags = [] }) => ({ type: 'sigp_stop', flags }),
  sigp_set_prefix: ({ address = 0 }) => ({ type: 'sigp_set_prefix', address }),
  restart: () => ({ type: 'restart' }),
  pfault_init: ({ extParams2 = 0n }) => ({ type: 'pfault_init', extParams2 }),
  mchk: ({ cr14 = 0n, mcic = 0n, failingStorageAddress = 0n, extDamageCode = 0, fixedLogout = '0'.repeat(32) }) => ({
    type: 'mchk',
    cr14,
    mcic,
    failingStorageAddress,
    extDamageCode,
    fixedLogout,
  }),
  int_clock_comp: () => ({ type: 'int_clock_comp' }),
  int_cpu_timer: () => ({ type: 'int_cpu_timer' }),
  int_emergency: ({ code = 0 }) => ({ type: 'int_emergency', code }),
  int_external_call: ({ code = 0 }) => ({ type: 'int_external_call', code }),
};

const isLocal = (type: IrqRequest['type']): type is InterruptType =>
  typeof type === 'string' && Object.hasOwn(LOCAL, type);

/** What struct kvm_s390_irq asks for on a vCPU; undefined for types that are no vCPU's. */
export const localInterrupt = (irq: IrqRequest): Interrupt | undefined =>
  isLocal(irq.type) ? LOCAL[irq.type](irq) : undefined;
