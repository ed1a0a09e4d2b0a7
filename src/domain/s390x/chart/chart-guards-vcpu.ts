import { not, stateIn } from 'xstate';
import { frameOf } from '../../memory/address.js';
import { changed } from '../../vm/rules.js';
import type { VcpuLawEvent } from '../../vm/law/law-vcpu.js';
import { IRQ_SIZE, IRQ_STATE_MAX } from '../../shapes/s390x-interrupt.js';
import type { ChartEvent } from './chart-guards.js';
import { SEGMENT_SIZE, userAddressOf } from '../vcpu/ucas.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';

interface Asked {
  readonly event: ChartEvent;
}

type EventOf<Type extends VcpuLawEvent['type']> = Extract<ChartEvent, { readonly type: Type }>;

/** A condition on one type of event; it holds for no other. */
const on =
  <Type extends VcpuLawEvent['type']>(types: readonly Type[], holds: (event: EventOf<Type>) => boolean) =>
  ({ event }: Asked): boolean =>
    (types as readonly string[]).includes(event.type) && holds(event as EventOf<Type>);

const vcpuOf = (event: ChartEvent): S390xVcpu | undefined =>
  'vcpu' in event ? event.vm.vcpus.get(event.vcpu) : undefined;

/** Registers that kvm_run can carry (KVM_SYNC_S390_VALID_FIELDS: prefix to DIAGNOSE 318, 13 bits). */
const SYNC_REGS = 0x1fffn;

/** States that a vCPU can be put into (kvm_arch_vcpu_ioctl_set_mpstate). */
const SETTABLE: ReadonlySet<string | number> = new Set(['stopped', 'operating', 'load']);

const PAGE_MASK = 0xfffn;
const U64 = 1n << 64n;

const stops = (event: EventOf<'inject_irq'>): boolean => event.local?.type === 'sigp_stop';

const pending = (event: ChartEvent, type: string): boolean =>
  vcpuOf(event)?.pending.some((waiting) => waiting.type === type) ?? false;

const addressOf = (event: EventOf<'pre_fault_memory' | 'vcpu_fault'>): bigint =>
  event.type === 'vcpu_fault' ? event.addr : event.gpa;

/** Conditions on one vCPU and on what is asked of it. */
export const vcpuGuards = {
  dumping: stateIn({ protection: 'dumping' }),
  unknownVcpu: ({ event }: Asked) => vcpuOf(event) === undefined,
  /** Whether it has a secure CPU (kvm_s390_pv_cpu_is_protected). */
  secureVcpu: ({ event }: Asked) => vcpuOf(event)?.sida !== undefined,
  plainVcpu: ({ event }: Asked) => vcpuOf(event)?.sida === undefined,
  vcpuStopped: ({ event }: Asked) => vcpuOf(event)?.mpState === 'stopped',
  vcpuOperating: ({ event }: Asked) => vcpuOf(event)?.mpState === 'operating',
  notUcontrol: not(({ event }: Asked) => event.vm.vmType === 'ucontrol'),

  immediateExit: on(['run_vcpu'], ({ immediateExit }) => immediateExit),
  unknownSyncRegs: on(['run_vcpu'], ({ regs }) => (regs & ~SYNC_REGS) !== 0n),

  noSuchMpState: on(['set_mp_state'], ({ mpState }) => !SETTABLE.has(mpState)),
  asksForLoad: on(['set_mp_state'], ({ mpState }) => mpState === 'load'),
  asksForStopped: on(['set_mp_state'], ({ mpState }) => mpState === 'stopped'),
  asksForOperating: on(['set_mp_state'], ({ mpState }) => mpState === 'operating'),
  hasMpState: on(['set_mp_state'], (event) => vcpuOf(event)?.mpState === event.mpState),

  pswUnreadable: on(['set_initial_psw'], ({ readable }) => !readable),

  irqNotLocal: on(['inject_irq'], ({ local }) => local === undefined),
  stopFlagsUnknown: on(
    ['inject_irq'],
    ({ local }) => local?.type === 'sigp_stop' && local.flags.some((flag) => typeof flag === 'bigint'),
  ),
  stopOfStopped: on(['inject_irq'], (event) => stops(event) && vcpuOf(event)?.mpState === 'stopped'),
  stopPending: on(['inject_irq'], (event) => stops(event) && pending(event, 'sigp_stop')),
  prefixOfOperating: on(
    ['inject_irq'],
    (event) => event.local?.type === 'sigp_set_prefix' && vcpuOf(event)?.mpState === 'operating',
  ),
  irqSourceUnknown: on(
    ['inject_irq'],
    ({ local, vm }) =>
      (local?.type === 'int_emergency' || local?.type === 'int_external_call') && !vm.vcpus.has(local.code),
  ),
  externalCallPending: on(
    ['inject_irq'],
    (event) => event.local?.type === 'int_external_call' && pending(event, 'int_external_call'),
  ),

  irqLengthZero: on(['get_irq_state'], ({ length }) => length === 0),
  irqBufferShort: on(['get_irq_state'], (event) => (vcpuOf(event)?.pending.length ?? 0) * IRQ_SIZE > event.length),
  irqLengthWrong: on(
    ['set_irq_state'],
    ({ length }) => length === 0 || length % IRQ_SIZE !== 0 || length > IRQ_STATE_MAX,
  ),
  irqUnreadable: on(['set_irq_state'], ({ length, entries }) => entries * IRQ_SIZE < length),
  irqPending: on(['set_irq_state'], (event) => (vcpuOf(event)?.pending.length ?? 0) > 0),

  preFaultMalformed: on(
    ['pre_fault_memory'],
    ({ gpa, size, flags }) => flags !== 0n || ((gpa | size) & PAGE_MASK) !== 0n || (gpa + size) % U64 <= gpa,
  ),
  pageOutsideSlots: on(
    ['pre_fault_memory', 'vcpu_fault'],
    (event) => event.vm.memory.slotAt(frameOf(addressOf(event))) === undefined,
  ),
  segmentUnmapped: on(['vcpu_fault'], (event) => userAddressOf(vcpuOf(event)?.ucas ?? [], event.addr) === undefined),

  ucasUnreadable: on(['ucas_map', 'ucas_unmap'], ({ mapping }) => mapping === undefined),
  ucasMisaligned: on(['ucas_map', 'ucas_unmap'], ({ type, mapping, vm }) => {
    if (mapping === undefined) return false;
    const userAddr = type === 'ucas_unmap' && changed(vm, 'ucasUnmapAlignment') ? 0n : mapping.userAddr;
    return (userAddr | mapping.vcpuAddr | mapping.length) % SEGMENT_SIZE !== 0n;
  }),
} as const;
