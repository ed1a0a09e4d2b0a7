import { VCPU_ATTRIBUTE_GROUPS as aarch64VcpuGroups } from '../aarch64/attributes-vcpu.js';
import { ATTRIBUTE_GROUPS as aarch64Groups } from '../aarch64/attributes.js';
import { ERRNO, type Errno } from '../errno.js';
import { ATTRIBUTE_GROUPS as s390xGroups } from '../s390x/attributes/attributes.js';
import { PGM } from '../s390x/dat/program-exception.js';
import { MEM_OPS } from '../shapes/s390x-access.js';
import { COMMAND_TYPES, type CommandType } from '../vm/command.js';
import { chartRules } from './chart-rules.js';
import { COMMON_RULES } from './decided-common.js';
import { MEM_OP_RULES } from './decided-memop.js';
import { AARCH64_RULES, X86_RULES } from './decided-others.js';
import { S390X_RULES } from './decided-s390x.js';
import { ERRNO_MEANINGS } from './errnos.js';
import { MEM_OP_MEANINGS, PROGRAM_MEANINGS, memOpNamed, programNamed } from './mem-op-topics.js';
import type { DecidedRule, Rule } from './rule.js';

/** What is known of a word: what it means, and the rules that it is in. */
export interface Explanation {
  readonly what: string;
  readonly meaning: string;
  /** Where the meaning is written; absent where the rules have sources of their own. */
  readonly source?: string;
  readonly rules: readonly Rule[];
}

/** What is refused outside of the charts. */
export const DECIDED_RULES: readonly DecidedRule[] = [
  ...COMMON_RULES,
  ...MEM_OP_RULES,
  ...S390X_RULES,
  ...X86_RULES,
  ...AARCH64_RULES,
];

const plain = ({ command, errno, condition, source, archs }: Rule): Rule => ({
  command,
  errno,
  condition,
  source,
  ...(archs && { archs }),
});

/** Every reason for which a command can be refused: those of the charts, and those of the deciders. */
export const allRules = (): readonly Rule[] => {
  const rules = [...chartRules(), ...DECIDED_RULES].map(plain);
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
};

/** Commands whose rules have another name: what several commands have in common, or what a batch is of. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  get_one_reg: ['one_reg'],
  set_one_reg: ['one_reg'],
  set_vcpu_attr: ['vcpu_attr'],
  get_vcpu_attr: ['vcpu_attr'],
  has_vcpu_attr: ['vcpu_attr'],
  set_aarch64_registers: ['set_registers'],
  translate_batch: ['translate'],
  translate2_batch: ['translate2'],
  s390_pv_command: ['pv'],
  s390_pv_cpu_command: ['vcpu/pv'],
  'crypto/key_wrapping': ['crypto/enable_aes_kw'],
  'crypto/apie': ['crypto/enable_apie'],
  set_registers: ['set_registers', 'set_x86_registers'],
  guest: ['s390_guest', 'x86_guest'],
  hypercall: ['x86_hypercall'],
  'introspection/hook': ['introspection_hook'],
  'introspection/unhook': ['introspection_unhook'],
  'introspection/preunhook': ['introspection_preunhook'],
  'introspection/allow': ['introspection_allow'],
  'introspection/commands': ['introspection_command'],
  'introspection/reply': ['introspection_reply'],
};

const MEM_OP = 's390_mem_op';

/** The commands that have a name, those that are a part of it, and those that it is a part of. */
function rulesOf(command: string, rules: readonly Rule[]): Rule[] {
  const parts = (name: string): string[] => name.replace(/^(?:vcpu|get)\//, '').split('/');
  const asked = parts(command);
  return rules.filter((rule) => {
    const own = parts(rule.command);
    const shorter = Math.min(own.length, asked.length);
    return own.slice(0, shorter).every((part, i) => matches(part, asked[i] ?? ''));
  });
}

/** A part of a name, in which a star stands for anything. */
const matches = (pattern: string, part: string): boolean =>
  pattern === part || (pattern.startsWith('*') && part.endsWith(pattern.slice(1)));

/** Every device attribute, as in `mem_ctrl/enable_cmma`. */
const ATTRIBUTES: ReadonlySet<string> = new Set(
  [...s390xGroups, ...aarch64Groups, ...aarch64VcpuGroups].flatMap(({ name: group, attributes }) =>
    attributes.map(({ name }) => `${group}/${name}`),
  ),
);

const isType = (word: string): word is CommandType => (COMMAND_TYPES as readonly string[]).includes(word);

const isErrno = (word: string): word is Errno => word in ERRNO;

function ofErrno(errno: Errno): Explanation {
  const meaning = `${ERRNO_MEANINGS[errno]}; ret is -${ERRNO[errno]}`;
  return { what: errno, meaning, rules: allRules().filter((rule) => rule.errno === errno) };
}

function ofMemOp(word: string): Explanation[] {
  const op = memOpNamed(word);
  if (op === undefined) return [];
  const where = op.startsWith('absolute') ? MEM_OP : op.startsWith('sida') ? `vcpu/${MEM_OP}/sida` : `vcpu/${MEM_OP}`;
  const rules = allRules().filter(({ command, condition }) =>
    command === MEM_OP || command === where ? op === 'absolute_cmpxchg' || !condition.startsWith('cmpxchg') : false,
  );
  const source = 'api.rst, KVM_S390_MEM_OP';
  return [{ what: `memop ${op} (${MEM_OPS[op]})`, meaning: MEM_OP_MEANINGS[op], source, rules }];
}

function ofProgram(word: string): Explanation[] {
  const name = programNamed(word);
  if (name === undefined) return [];
  const { code, teid, accessId, nullifies } = PGM[name];
  const told = [teid && 'a TEID', accessId && 'an exception access identification'].filter((part) => part !== false);
  const meaning = [
    PROGRAM_MEANINGS[name],
    `answered as ret ${code} with ${told.length === 0 ? 'nothing beside the code' : told.join(' and ')}`,
    `if injected, the operation is ${nullifies ? 'nullified' : 'suppressed or terminated'}`,
  ].join('; ');
  const source = 'PoP, "Program Interruption"; trans_exc_ending, __deliver_prog';
  return [{ what: `program interruption 0x${code.toString(16)} ${name}`, meaning, source, rules: [] }];
}

/** Commands to the ledger, not to a machine, and what they need: no rule of a machine is against them. */
const TO_THE_LEDGER: ReadonlyMap<string, string> = new Map([
  [
    'erase_memory',
    'removes data from the ledger, also of a VM that was destroyed; no errno, but 404 if there never was such a VM, and 409 while another VM that lives has what would be erased',
  ],
  [
    'look_back',
    'tells who looked at a past of the VM, also of one that was destroyed; no errno, but 404 if there is no such VM or version',
  ],
  ['keep_memory', 'what an erasure records of the memory of a VM that lives; nobody else can ask for it'],
]);

/** The name of a command as rules have it, told by its name or any of its parts. */
function ofCommand(word: string): Explanation[] {
  const meaning = TO_THE_LEDGER.get(word);
  if (meaning !== undefined) return [{ what: word, meaning, rules: [] }];
  const rules = (NAMES[word] ?? [word]).flatMap((name) => rulesOf(name, allRules()));
  if (rules.length === 0 && !isType(word) && !ATTRIBUTES.has(word)) return [];
  const general = allRules().filter(({ command }) => command === 'every command');
  return [{ what: word, meaning: 'what it can be refused with', rules: [...rules, ...general] }];
}

/**
 * What words mean: an errno; `memop` and an operation or an answer of it; a program interruption, by code or name; or a command,
 * by its type or by what of it is meant, as in `mem_ctrl/enable_cmma`. Nothing if they are not known.
 */
export function explain(words: readonly string[]): readonly Explanation[] {
  const [first = '', second] = words;
  if (words.length > 2 || (second !== undefined && first !== 'memop')) return [];
  if (first === 'memop') {
    if (second === undefined) return ofCommand(MEM_OP);
    return [...ofMemOp(second), ...ofProgram(second)];
  }
  const errno = first.toUpperCase();
  if (isErrno(errno)) return [ofErrno(errno)];
  return [...ofProgram(first), ...ofMemOp(/^\d/.test(first) ? '' : first), ...ofCommand(first)];
}
