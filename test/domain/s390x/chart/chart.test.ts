import { step } from '../../../../src/domain/vm/law/consult.js';
import type { LawEvent } from '../../../../src/domain/vm/law/law.js';
import type { S390xRegions } from '../../../../src/domain/vm/law/regions.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { GIB, MIB, Machine, type MachineOptions } from '../../support/machine.js';

const vmIn = (
  regions: Partial<S390xRegions>,
  options: MachineOptions = {},
  slots: readonly boolean[] = [],
): S390xVm => {
  const machine = new Machine(options);
  slots.forEach((logs, slot) => machine.slot(slot, BigInt(slot) * MIB, MIB, logs ? ['log_dirty_pages'] : []));
  return { ...machine.vm, regions: { ...machine.vm.regions, ...regions } };
};

/** What is answered, and the states that changed: `EINVAL`, or facts and changes. */
const outcome = (vm: S390xVm, event: LawEvent): unknown => {
  const { verdict, regions } = step(vm, event);
  if (verdict.refused) return verdict.refused;
  const changed = Object.entries(regions).filter(
    ([region, state]) => vm.regions[region as keyof S390xRegions] !== state,
  );
  return [verdict.facts.map(({ type }) => type), Object.fromEntries(changed)];
};

const silent = [[], {}];

describe('KVM_S390_PV_COMMAND (states N not protected, P protected, D dumping)', () => {
  const states = { N: 'none', P: 'protected', D: 'dumping' } as const;
  const toNone = [['protection_disabled'], { protection: 'none' }];
  const setAside = [['protection_set_aside'], { protection: 'none', aside: 'kept' }];

  it.each<[command: LawEvent['type'], n: unknown, p: unknown, d: unknown]>([
    ['pv_enable', [['protection_enabled'], { protection: 'protected' }], 'EINVAL', 'EINVAL'],
    ['pv_disable', 'EINVAL', toNone, toNone],
    ['pv_async_cleanup_prepare', 'EINVAL', setAside, setAside],
    ['pv_async_cleanup_perform', 'EINVAL', 'EINVAL', 'EINVAL'],
    ['pv_set_sec_parms', 'EINVAL', silent, silent],
    ['pv_unpack', 'EINVAL', silent, silent],
    ['pv_verify', 'EINVAL', silent, silent],
    ['pv_prep_reset', 'EINVAL', silent, silent],
    ['pv_unshare_all', 'EINVAL', silent, silent],
    ['pv_info', silent, silent, silent],
    ['pv_dump_init', 'EINVAL', [['dump_started'], { protection: 'dumping' }], 'EINVAL'],
    ['pv_dump_config_stor_state', 'EINVAL', 'EINVAL', silent],
    ['pv_dump_complete', 'EINVAL', 'EINVAL', [['dump_completed'], { protection: 'protected' }]],
    ['pv_on_host', silent, silent, silent],
    ['pv_protected', 'EINVAL', silent, silent],
    ['pv_disable_vcpus', 'EINVAL', [['vcpus_unprotected'], {}], [['vcpus_unprotected'], {}]],
    ['pv_async_cleanup_prepare_vcpus', 'EINVAL', [['vcpus_unprotected'], {}], [['vcpus_unprotected'], {}]],
    ['pv_cpu_dump', 'EINVAL', 'EINVAL', silent],
    ['unprotected_vcpu_mem_op', silent, silent, silent],
    ['unprotected_sida_op', 'EINVAL', 'EINVAL', 'EINVAL'],
    ['vm_mem_op', silent, 'EINVAL', 'EINVAL'],
    ['vcpu_mem_op', silent, 'EINVAL', 'EINVAL'],
    ['sida_op', 'EINVAL', silent, silent],
    ['translate', silent, silent, silent],
    ['set_registers', silent, silent, silent],
  ])('%s', (type, ...expected) => {
    const got = Object.values(states).map((protection) =>
      outcome(vmIn({ protection, vcpus: 'created' }, {}, [true]), { type } as LawEvent),
    );
    expect(got).toEqual(expected);
  });

  it.each<[command: LawEvent['type'], n: unknown, p: unknown, d: unknown]>([
    [
      'pv_disable',
      'EINVAL',
      ...new Array<unknown>(2).fill([['protection_disabled'], { protection: 'none', aside: 'none' }]),
    ],
    ['pv_async_cleanup_prepare', 'EINVAL', 'EINVAL', 'EINVAL'],
    ['pv_async_cleanup_perform', ...new Array<unknown>(3).fill([['aside_destroyed'], { aside: 'none' }])],
  ] as [LawEvent['type'], unknown, unknown, unknown][])('%s with a VM set aside', (type, ...expected) => {
    const got = Object.values(states).map((protection) =>
      outcome(vmIn({ protection, aside: 'kept' }), { type } as LawEvent),
    );
    expect(got).toEqual(expected);
  });

  it('a guest of 2 GiB cannot be set aside', () => {
    const event = { type: 'pv_async_cleanup_prepare' } as const;
    expect(outcome({ ...vmIn({ protection: 'protected' }), topTable: 'segment' }, event)).toBe('EINVAL');
    expect(outcome(vmIn({ protection: 'protected' }, { host: { maxGuestMemory: 2n * GIB } }), event)).toBe('EINVAL');
    expect(outcome({ ...vmIn({ protection: 'protected' }), topTable: 'region_third' }, event)).toEqual(setAside);
  });

  it.each(['pv_enable', 'pv_info', 'pv_disable', 'pv_dump_init', 'pv_async_cleanup_perform'] as const)(
    '%s is EINVAL on a machine without protected virtualization',
    (type) => {
      expect(outcome(vmIn({}, { host: { protectedVirtualization: false } }), { type })).toBe('EINVAL');
    },
  );

  it.each(['vcpu_mem_op', 'sida_op', 'translate', 'set_registers', 'vcpu_mem_op_batch'] as const)(
    '%s is ENOENT while there is no vCPU',
    (type) => {
      for (const protection of Object.values(states)) expect(outcome(vmIn({ protection }), { type })).toBe('ENOENT');
    },
  );
});

describe('migration mode (state by event)', () => {
  const start = { type: 'migration_start' } as const;
  const stop = { type: 'migration_stop' } as const;
  const slot = (kind: 'create' | 'move' | 'flags' | 'delete', logs: boolean): LawEvent => ({
    type: 'set_user_memory_region',
    kind,
    logs,
    end: 256,
  });
  const started = [['migration_started'], { migration: 'on' }];
  const stopped = [['migration_stopped'], { migration: 'off' }];
  const kernel = { semantics: 'kernel' } as const;
  const poor = { host: { freeMemory: 31 } } as const;
  const enough = { host: { freeMemory: 32 } } as const;

  it.each<[state: string, vm: S390xVm, start: unknown]>([
    ['off, no slots', vmIn({}), 'EINVAL'],
    ['off, no slots, by the code', vmIn({}, kernel), 'EINVAL'],
    ['off, no slots, cmma on', vmIn({ cmma: 'on' }), 'EINVAL'],
    ['off, slots, cmma off, by the code: logging not required', vmIn({}, kernel, [false]), started],
    ['off, slots, cmma off, some slot unlogged, by the documents', vmIn({}, {}, [true, false]), 'EINVAL'],
    ['off, slots, cmma off, all logged', vmIn({}, {}, [true, true]), started],
    ['off, slots, cmma on, some slot unlogged', vmIn({ cmma: 'on' }, {}, [true, false]), 'EINVAL'],
    ['off, slots, cmma on, some slot unlogged, by the code', vmIn({ cmma: 'on' }, kernel, [true, false]), 'EINVAL'],
    ['off, slots, cmma on, all logged', vmIn({ cmma: 'on' }, {}, [true]), started],
    ['off, slots, cmma on, all logged, by the code', vmIn({ cmma: 'on' }, kernel, [true]), started],
    ['off, no memory for one bit a page, by the documents', vmIn({}, poor, [true]), 'ENOMEM'],
    ['off, no memory, some slot unlogged: EINVAL first', vmIn({}, poor, [true, false]), 'EINVAL'],
    ['off, just enough memory', vmIn({}, enough, [true]), started],
    ['off, no memory, by the code', vmIn({}, { ...poor, ...kernel }, [true]), started],
    ['on', vmIn({ migration: 'on' }, {}, [true]), silent],
    ['on, no slots', vmIn({ migration: 'on' }), silent],
  ])('START when %s', (_state, vm, expected) => {
    expect(outcome(vm, start)).toEqual(expected);
  });

  it('STOP never fails', () => {
    expect(outcome(vmIn({}), stop)).toEqual(silent);
    expect(outcome(vmIn({ migration: 'on' }), stop)).toEqual(stopped);
  });

  it.each<[what: string, event: LawEvent, on: unknown]>([
    ['create without log', slot('create', false), stopped],
    ['move without log', slot('move', false), stopped],
    ['flags without log', slot('flags', false), stopped],
    ['create with log', slot('create', true), silent],
    ['move with log', slot('move', true), silent],
    ['flags with log', slot('flags', true), silent],
    ['delete', slot('delete', false), silent],
  ])('slot %s', (_what, event, on) => {
    expect(outcome(vmIn({ migration: 'on' }), event)).toEqual(on);
    expect(outcome(vmIn({}), event)).toEqual(silent);
    expect(outcome(vmIn({ migration: 'on', protection: 'protected' }), event)).toBe('EINVAL');
  });
});

describe('a change of slots that the architecture refuses', () => {
  const request = (kind: 'create' | 'move' | 'flags' | 'delete', end = 256): LawEvent => ({
    type: 'set_user_memory_region',
    kind,
    logs: true,
    end,
  });
  const ceiling = { host: { maxGuestMemory: 4n * GIB } };

  it.each<[row: string, vm: S390xVm, event: LawEvent, expected: unknown]>([
    ['11: UCONTROL', vmIn({}, { vmType: 'ucontrol' }), request('create'), 'EINVAL'],
    ['12: protected, create', vmIn({ protection: 'protected' }), request('create'), 'EINVAL'],
    ['12: protected, flags', vmIn({ protection: 'protected' }), request('flags'), 'EINVAL'],
    ['12: dumping, delete', vmIn({ protection: 'dumping' }), request('delete'), 'EINVAL'],
    ['13: create that ends above the ceiling', vmIn({}, ceiling), request('create', 2 ** 20 + 1), 'EINVAL'],
    ['13: create that ends at the ceiling', vmIn({}, ceiling), request('create', 2 ** 20), silent],
    ['13: move that ends above the ceiling', vmIn({}, ceiling), request('move', 2 ** 20 + 1), 'EINVAL'],
    ['13: flags above the ceiling', vmIn({}, ceiling), request('flags', 2 ** 20 + 1), silent],
    ['13: delete above the ceiling', vmIn({}, ceiling), request('delete', 2 ** 20 + 1), silent],
    [
      '14: create beyond a segment table',
      { ...vmIn({}), topTable: 'segment' },
      request('create', 2 ** 19 + 1),
      'EINVAL',
    ],
    [
      '14: create at the end of a segment table',
      { ...vmIn({}), topTable: 'segment' },
      request('create', 2 ** 19),
      silent,
    ],
    ['14: move beyond a segment table', { ...vmIn({}), topTable: 'segment' }, request('move', 2 ** 19 + 1), 'EINVAL'],
    ['14: flags beyond a segment table', { ...vmIn({}), topTable: 'segment' }, request('flags', 2 ** 19 + 1), silent],
    ['no limit set: the ceiling alone', vmIn({}), request('create', 2 ** 35), silent],
  ])('row %s', (_row, vm, event, expected) => {
    expect(outcome(vm, event)).toEqual(expected);
  });
});

describe('CMMA (state by event)', () => {
  const enable = { type: 'enable_cmma' } as const;
  const clear = { type: 'clear_cmma' } as const;
  const bare = { host: { cmma: false } };

  it.each<[row: string, vm: S390xVm, event: LawEvent, expected: unknown]>([
    ['ENABLE: machine without CMMA, also with a vCPU', vmIn({ vcpus: 'created' }, bare), enable, 'ENXIO'],
    ['ENABLE: vCPU created', vmIn({ vcpus: 'created' }), enable, 'EBUSY'],
    ['ENABLE: vCPU created, already on', vmIn({ vcpus: 'created', cmma: 'on' }), enable, 'EBUSY'],
    ['ENABLE: off', vmIn({}), enable, [['cmma_enabled'], { cmma: 'on' }]],
    ['ENABLE: on, idempotent', vmIn({ cmma: 'on' }), enable, silent],
    ['CLR: machine without CMMA', vmIn({}, bare), clear, 'ENXIO'],
    ['CLR: off', vmIn({}), clear, 'EINVAL'],
    ['CLR: on', vmIn({ cmma: 'on' }), clear, [['cmma_cleared'], {}]],
    ['CLR: on, with vCPUs', vmIn({ cmma: 'on', vcpus: 'created' }), clear, [['cmma_cleared'], {}]],
  ])('%s', (_row, vm, event, expected) => {
    expect(outcome(vm, event)).toEqual(expected);
  });
});
