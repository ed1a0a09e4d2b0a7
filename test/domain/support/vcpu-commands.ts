import type { VCPU_COMMANDS } from '../../../src/domain/vm/forecast/forecast-vcpu.js';
import type { S390xVm } from '../../../src/domain/vm/state.js';
import type { S390xVcpu } from '../../../src/domain/s390x/vcpu/vcpu.js';

function fitting({ vcpus }: S390xVm, fits: (vcpu: S390xVcpu) => boolean = () => true): number {
  const all = [...vcpus.values()];
  return (all.find(fits) ?? all[0])?.id ?? 0;
}

const gpa = ({ memory }: S390xVm): string => `0x${(BigInt(memory.slots[0]?.firstFrame ?? 0) << 12n).toString(16)}`;
const PP = '0x5030000000000008';
const mapping = { userAddr: 0, vcpuAddr: 0, length: '0x100000' };

/** An ordinary command for each on a vCPU that is forecast. */
export const ordinaryVcpuCommands: { readonly [Key in keyof typeof VCPU_COMMANDS]: (vm: S390xVm) => object } = {
  get_mp_state: (vm) => ({ type: 'get_mp_state', vcpu: fitting(vm) }),
  'set_mp_state/stopped': (vm) => ({ type: 'set_mp_state', vcpu: fitting(vm), mpState: 'stopped' }),
  'set_mp_state/check_stop': (vm) => ({ type: 'set_mp_state', vcpu: fitting(vm), mpState: 'check_stop' }),
  'set_mp_state/operating': (vm) => ({ type: 'set_mp_state', vcpu: fitting(vm), mpState: 'operating' }),
  'set_mp_state/load': (vm) => ({
    type: 'set_mp_state',
    vcpu: fitting(vm, ({ sida }) => sida !== undefined),
    mpState: 'load',
  }),
  run_vcpu: (vm) => ({ type: 'run_vcpu', vcpu: fitting(vm, ({ mpState }) => mpState === 'operating') }),
  reset_vcpu: (vm) => ({ type: 'reset_vcpu', vcpu: fitting(vm), reset: 'normal' }),
  set_initial_psw: (vm) => ({
    type: 'set_initial_psw',
    vcpu: fitting(vm, ({ mpState }) => mpState === 'stopped'),
    psw: { mask: 0, addr: 0 },
  }),
  store_status: (vm) => ({ type: 'store_status', vcpu: fitting(vm), addr: gpa(vm) }),
  get_one_reg: (vm) => ({ type: 'get_one_reg', vcpu: fitting(vm, ({ sida }) => sida === undefined), id: PP }),
  set_one_reg: (vm) => ({ type: 'set_one_reg', vcpu: fitting(vm, ({ sida }) => sida === undefined), id: PP, value: 1 }),
  inject_irq: (vm) => ({ type: 'inject_irq', vcpu: fitting(vm), irq: { type: 'restart' } }),
  get_irq_state: (vm) => ({ type: 'get_irq_state', vcpu: fitting(vm) }),
  set_irq_state: (vm) => ({
    type: 'set_irq_state',
    vcpu: fitting(vm, ({ pending }) => pending.length === 0),
    interrupts: [{ type: 'restart' }],
  }),
  pre_fault_memory: (vm) => ({ type: 'pre_fault_memory', vcpu: fitting(vm), gpa: gpa(vm), size: 4096 }),
  vcpu_fault: (vm) => ({ type: 'vcpu_fault', vcpu: fitting(vm, ({ ucas }) => ucas !== undefined), addr: gpa(vm) }),
  ucas_map: (vm) => ({ type: 'ucas_map', vcpu: fitting(vm), mapping }),
  ucas_unmap: (vm) => ({ type: 'ucas_unmap', vcpu: fitting(vm), mapping }),
};
