import type { PvCommand, PvCpuCommand } from '../../shapes/s390x-pv.js';
import type { Ultravisor } from '../../shapes/ultravisor.js';
import { consult } from '../../vm/law/consult.js';
import { type Decision, done, malformed, refused } from '../../vm/decision.js';
import type { PlainLawEvent, PvEvent } from '../../vm/law/law.js';
import type { S390xVm } from '../../vm/state.js';
import { EXECUTED, type UvStatus } from './ultravisor.js';

/** What a command says of the ultravisor. */
interface Told {
  readonly ultravisor?: Ultravisor | undefined;
}

/** The refusal that the ultravisor was told to answer, if it was. */
export const refusalOf = ({ ultravisor }: Told): UvStatus | undefined => ultravisor?.refuse;

type Host = NonNullable<PvCommand['host']>;

/** What goes wrong on the host, as a command asks for it. */
interface Asked {
  readonly host?: Host | undefined;
}

/** Whether a fatal signal comes while the command is carried out. */
export const isKilled = ({ host }: Asked): boolean => host?.fatalSignal === true;

/** Whether the host cannot write a part of what a command answers. */
export const isUnwritable = ({ host }: Asked, what: NonNullable<Host['unwritable']>[number]): boolean =>
  host?.unwritable?.includes(what) ?? false;

/** A decision whose last step is to write a part of the answer, all else being done: EFAULT if the host cannot. */
export function written(command: Asked, what: 'data' | 'buffer', decision: Decision): Decision {
  if (decision.errno !== undefined || !isUnwritable(command, what)) return decision;
  const { rc, rrc } = decision.reply;
  return refused('EFAULT', decision.events, rc === undefined ? {} : { rc, rrc });
}

/** What is answered of a command whose structure cannot be written back: EFAULT, whatever came of it. */
export const writtenBack = (command: Asked, decision: Decision): Decision =>
  isUnwritable(command, 'command') && decision.malformed === undefined ? refused('EFAULT', decision.events) : decision;

/** What the law says before anything of a command's data is looked at; undefined to go on. */
export function barred(vm: S390xVm, type: PlainLawEvent['type']): Decision | undefined {
  const verdict = consult(vm, { type });
  return verdict.refused ? refused(verdict.refused) : undefined;
}

/**
 * Asks the ultravisor for what a command wants, and the law for what comes of it. Reply: `rc` and `rrc`, those of the refusal
 * where it refuses, none where it was not reached: then nothing would be otherwise if it agreed.
 */
export function callUltravisor(vm: S390xVm, type: PvEvent, told: Told): Decision {
  const refusal = refusalOf(told);
  const agreed = consult(vm, { type });
  const verdict = refusal ? consult(vm, { type, ultravisorRefuses: true }) : agreed;
  if (!verdict.refused) return done(verdict.facts, { ...EXECUTED });
  const asked = verdict.refused !== agreed.refused;
  return refused(verdict.refused, [], asked ? { ...refusal } : {});
}

type DataField = Exclude<keyof PvCommand, 'type' | 'command' | 'flags' | 'ultravisor' | 'host'>;

/** What `data` of struct kvm_pv_cmd points to, with all the fields that were asked for. */
type Data<Field extends DataField> = { readonly [Each in Field]: NonNullable<PvCommand[Each]> };

/**
 * The fields of what `data` points to. None of them is a bad address (EFAULT), some of them without the others malformed.
 *
 * @param fields the fields of the command's structure that must be there
 * @param others its other fields
 */
export function dataOf<const Field extends DataField>(
  command: PvCommand | PvCpuCommand,
  fields: readonly Field[],
  others: readonly DataField[] = [],
): Data<Field> | Decision {
  const given: { readonly [Each in DataField]?: unknown } = command;
  const missing = fields.find((field) => given[field] === undefined);
  if (missing === undefined) return given as Data<Field>;
  return [...fields, ...others].every((field) => given[field] === undefined)
    ? refused('EFAULT')
    : malformed(missing, 'is required');
}

/** Whether there is no such data. */
export const isRefusal = (value: object): value is Decision => 'reply' in value;
