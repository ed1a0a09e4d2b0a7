import type { Translate2Request } from '../../shapes/x86-access.js';
import { apply } from '../../vm/folds/apply.js';
import type { CommandOf } from '../../vm/command.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, type Reply, done, malformed, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86_VCPU_COMMANDS } from '../../vm/law/law-x86.js';
import { type X86Vm, fork } from '../../vm/state.js';
import { translateLegacyAddress } from './legacy-translation.js';
import { mappingsOf } from './mappings.js';
import { Translator } from './translator.js';
import type { X86RegisterFile } from '../vcpu/vcpu.js';

/** The registers of a vCPU that the law lets be asked, or the refusal. */
function registersOf(vm: X86Vm, type: (typeof X86_VCPU_COMMANDS)[number], vcpu: number): X86RegisterFile | Decision {
  const verdict = consult(vm, { type, vcpu });
  if (verdict.refused) return refused(verdict.refused);
  return vm.vcpus.get(vcpu)?.registers ?? refused('ENOENT');
}

const isDecision = (value: X86RegisterFile | Decision): value is Decision => 'events' in value;

const NOT_THEN = 'must be empty where the past is looked at';

/** Whether bits would have to be set in the past. */
const setsInPast = ({ asOf }: { readonly asOf?: number | undefined }, { flags }: Translate2Request): boolean =>
  asOf !== undefined && flags.length > 0;

/**
 * KVM_TRANSLATE2 (kvm_vcpu_ioctl_translate2, kvm_arch_vcpu_ioctl_translate2): where a linear address lies, by the vCPU's
 * tables as they are or, without flags, as they were. That there is no translation is an answer. ENOENT: no such vCPU; EINVAL:
 * flags or kinds of access that do not exist or do not go together.
 */
export const translate2: Decider<'translate2', X86Vm> = (_vm, command, past) => {
  const registers = registersOf(past, command.type, command.vcpu);
  if (isDecision(registers)) return registers;
  if (setsInPast(command, command)) return malformed('flags', NOT_THEN);
  const outcome = new Translator(past, registers).translate(command, command.explain);
  return outcome.errno === undefined ? done(outcome.facts, outcome.answer) : refused(outcome.errno);
};

/** The answers of a batch, and what it left in memory. */
function translateAll(vm: X86Vm, registers: X86RegisterFile, { ops, explain }: CommandOf<'translate2_batch'>) {
  const now = fork(vm);
  const translator = new Translator(now, registers);
  const events: Event[] = [];
  const results = ops.map((op): Reply => {
    const outcome = translator.translate(op, explain);
    if (outcome.errno !== undefined) {
      const { ret, errno } = refused(outcome.errno);
      return { ret, errno };
    }
    for (const fact of outcome.facts) {
      apply(now.id, now, fact);
      events.push(fact);
    }
    return { ret: 0, ...outcome.answer };
  });
  return { results, events };
}

/** KVM_TRANSLATE2 several times, each on what the ones before left: `results` has `ret` and, for a refused one, `errno`. */
export const translate2Batch: Decider<'translate2_batch', X86Vm> = (_vm, command, past) => {
  const registers = registersOf(past, 'translate2', command.vcpu);
  if (isDecision(registers)) return registers;
  const at = command.ops.findIndex((op) => setsInPast(command, op));
  if (at >= 0) return malformed(`ops.${at}.flags`, NOT_THEN);
  const { results, events } = translateAll(past, registers, command);
  return done(events, { results });
};

/** KVM_TRANSLATE: see `translateLegacyAddress`. ENOENT: no such vCPU. */
export const translateLegacy: Decider<'translate_legacy', X86Vm> = (vm, { type, vcpu, linearAddress }) => {
  const registers = registersOf(vm, type, vcpu);
  if (isDecision(registers)) return registers;
  const { answer, facts } = translateLegacyAddress(vm, registers, linearAddress);
  return done(facts, answer);
};

/** What a vCPU's tables map: `items`, and `next`, where to go on, if there may be more. ENOENT: no such vCPU. */
export const readMappings: Decider<'read_mappings', X86Vm> = (_vm, command, past) => {
  const registers = registersOf(past, command.type, command.vcpu);
  if (isDecision(registers)) return registers;
  const { runs, next } = mappingsOf(past, registers, command);
  return done([], { items: runs, ...(next !== undefined && { next }) });
};
