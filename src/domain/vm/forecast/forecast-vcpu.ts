import { addressOf } from '../../memory/address.js';
import type { S390xVcpu } from '../../s390x/vcpu/vcpu.js';
import { IRQ_SIZE, IRQ_STATE_MAX } from '../../shapes/s390x-interrupt.js';
import { bestVcpu } from './forecast-common.js';
import type { S390xLawEvent } from '../law/law.js';
import type { S390xVm } from '../state.js';

type Best = (vm: S390xVm) => S390xLawEvent;

const isStopped = ({ mpState }: S390xVcpu): boolean => mpState === 'stopped';
const isOperating = ({ mpState }: S390xVcpu): boolean => mpState === 'operating';
const isSecure = ({ sida }: S390xVcpu): boolean => sida !== undefined;
const isPlain = (vcpu: S390xVcpu): boolean => !isSecure(vcpu);
const hasMapping = ({ ucas }: S390xVcpu): boolean => ucas !== undefined;

const firstPage = ({ memory }: S390xVm): bigint => addressOf(memory.slots[0]?.firstFrame ?? 0);

const SEGMENT = { userAddr: 0n, vcpuAddr: 0n, length: 1n << 20n };

const simple =
  (type: 'get_mp_state' | 'reset_vcpu' | 'store_status'): Best =>
  (vm) => ({ type, vcpu: bestVcpu(vm) });

const mpState =
  (state: 'stopped' | 'operating' | 'load' | 'check_stop', fits?: (vcpu: S390xVcpu) => boolean): Best =>
  (vm) => ({ type: 'set_mp_state', vcpu: bestVcpu(vm, fits), mpState: state, ultravisorRefuses: false });

const oneReg: Best = (vm) => ({ type: 'one_reg', vcpu: bestVcpu(vm, isPlain) });

const mapped =
  (type: 'ucas_map' | 'ucas_unmap'): Best =>
  (vm) => ({ type, vcpu: bestVcpu(vm), mapping: SEGMENT });

/** Commands on a vCPU. */
export const VCPU_COMMANDS = {
  get_mp_state: simple('get_mp_state'),
  'set_mp_state/stopped': mpState('stopped'),
  'set_mp_state/check_stop': mpState('check_stop'),
  'set_mp_state/operating': mpState('operating'),
  'set_mp_state/load': mpState('load', isSecure),
  run_vcpu: (vm) => ({ type: 'run_vcpu', vcpu: bestVcpu(vm, isOperating), immediateExit: false, regs: 0n }),
  reset_vcpu: simple('reset_vcpu'),
  set_initial_psw: (vm) => ({ type: 'set_initial_psw', vcpu: bestVcpu(vm, isStopped), readable: true }),
  store_status: simple('store_status'),
  get_one_reg: oneReg,
  set_one_reg: oneReg,
  inject_irq: (vm) => ({
    type: 'inject_irq',
    vcpu: bestVcpu(vm),
    irq: { type: 'restart' },
    local: { type: 'restart' },
  }),
  get_irq_state: (vm) => ({ type: 'get_irq_state', vcpu: bestVcpu(vm), length: IRQ_STATE_MAX }),
  set_irq_state: (vm) => ({
    type: 'set_irq_state',
    vcpu: bestVcpu(vm, ({ pending }) => pending.length === 0),
    length: IRQ_SIZE,
    entries: 1,
  }),
  pre_fault_memory: (vm) => ({
    type: 'pre_fault_memory',
    vcpu: bestVcpu(vm),
    gpa: firstPage(vm),
    size: 4096n,
    flags: 0n,
  }),
  vcpu_fault: (vm) => {
    const vcpu = bestVcpu(vm, hasMapping);
    return { type: 'vcpu_fault', vcpu, addr: vm.vcpus.get(vcpu)?.ucas?.[0]?.vcpuAddr ?? firstPage(vm) };
  },
  ucas_map: mapped('ucas_map'),
  ucas_unmap: mapped('ucas_unmap'),
} as const satisfies Record<string, Best>;
