import { COMMON_COMMANDS } from './forecast-common.js';
import type { X86LawEvent, X86_VCPU_COMMANDS } from '../law/law-x86.js';
import type { X86Vm } from '../state.js';

/** The vCPU that has the best chance: one that was started and waits for no reply, else the first; 0 where there is none. */
function best({ vcpus }: X86Vm): number {
  const all = [...vcpus.values()];
  const free = all.filter(({ waiting }) => waiting === undefined);
  return (free.find(({ mpState }) => mpState !== 'uninitialized') ?? free[0] ?? all[0])?.id ?? 0;
}

const onVcpu = (type: (typeof X86_VCPU_COMMANDS)[number] | 'x86_guest' | 'x86_hypercall') => (vm: X86Vm) => ({
  type,
  vcpu: best(vm),
});

const plain = (type: 'introspection_unhook' | 'introspection_preunhook') => () => ({ type });

const waits = ({ vcpus }: X86Vm): boolean => [...vcpus.values()].some(({ waiting }) => waiting !== undefined);

/** Every command that an x86_64 VM knows, with the arguments that have the best chance. */
export const X86_COMMANDS = {
  ...COMMON_COMMANDS,
  set_registers: onVcpu('set_x86_registers'),
  translate2: onVcpu('translate2'),
  translate2_batch: onVcpu('translate2'),
  translate_legacy: onVcpu('translate_legacy'),
  read_mappings: onVcpu('read_mappings'),
  get_mp_state: onVcpu('get_mp_state'),
  set_mp_state: (vm) => ({ type: 'set_mp_state', vcpu: best(vm), fact: { vcpu: best(vm), mpState: 'runnable' } }),
  run_vcpu: (vm) => ({ type: 'run_vcpu', vcpu: best(vm), immediateExit: false, regs: 0n }),
  guest: onVcpu('x86_guest'),
  hypercall: onVcpu('x86_hypercall'),
  enable_cap: () => ({
    type: 'enable_cap',
    flags: 0,
    takes: 0n,
    value: 0n,
    fact: { capability: 'exit_hypercall', value: 0n },
  }),
  'introspection/hook': () => ({ type: 'introspection_hook', padding: 0, isSocket: true, fact: {} }),
  'introspection/unhook': plain('introspection_unhook'),
  'introspection/preunhook': plain('introspection_preunhook'),
  'introspection/allow': () => ({ type: 'introspection_allow', known: true, allow: 1, forbids: false }),
  'introspection/commands': () => ({ type: 'introspection_command', known: true, allowed: true, padding: 0n }),
  'introspection/reply': (vm) => ({ type: 'introspection_reply', waits: waits(vm) }),
} as const satisfies Readonly<Record<string, (vm: X86Vm) => X86LawEvent>>;
