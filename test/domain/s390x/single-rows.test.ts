import { featOf } from '../../../src/domain/s390x/model/machine.js';
import { GIB, MIB, Machine, type MachineOptions } from '../support/machine.js';
import { REFUSES, pv, pvMachine } from '../support/pv.js';

const SEMANTICS = ['documented', 'kernel'] as const;

const setMpState = (machine: Machine, mpState: unknown, more: object = {}) =>
  machine.answer({ type: 'set_mp_state', vcpu: 0, mpState, ...more });
const inject = (machine: Machine, irq: object) => machine.answer({ type: 'inject_irq', vcpu: 0, irq });
const pending = ({ vm }: Machine) => vm.vcpus.get(0)?.pending.map(({ type }) => type);

const make = (options: MachineOptions = {}): Machine => {
  const machine = new Machine(options);
  machine.slot(0, 0n, MIB, ['log_dirty_pages']);
  machine.vcpu(0);
  return machine;
};

describe.each(SEMANTICS)('rows of s390-lifecycle that stand by themselves, %s', (semantics) => {
  it('3.3: a stop of a protected vCPU tells the ultravisor too; it refuses: EINVAL, and the vCPU still operates', () => {
    const machine = pvMachine('P', { semantics });
    expect(setMpState(machine, 7)).toBe(0);
    expect(setMpState(machine, 5, REFUSES)).toBe('EINVAL');
    expect(machine.vm.vcpus.get(0)?.mpState).toBe('operating');
  });

  it.each([5, 7])('3: SET_MP_STATE(%i) of a protected vCPU that is in it asks nobody', (state) => {
    const machine = pvMachine('P', { semantics });
    setMpState(machine, state);
    expect(setMpState(machine, state, REFUSES)).toBe(0);
  });

  it('3: SET_MP_STATE(5) takes back a stop that is pending, and nothing else', () => {
    const machine = make({ semantics });
    setMpState(machine, 7);
    expect(inject(machine, { type: 'sigp_stop' })).toBe(0);
    expect(inject(machine, { type: 'restart' })).toBe(0);
    expect(setMpState(machine, 5)).toBe(0);
    expect(pending(machine)).toEqual(['restart']);
  });

  it('3: SET_MP_STATE(8) of a vCPU that lost its secure CPU is ENXIO, and its registers can be set', () => {
    const machine = pvMachine('P', { semantics, aside: true });
    pv(machine, 'async_cleanup_prepare');
    expect(setMpState(machine, 8)).toBe('ENXIO');
    expect(machine.answer({ type: 'set_one_reg', vcpu: 0, id: '0x5030000000000009', value: 5 })).toBe(0);
  });

  it.each(['normal', 'initial', 'clear'])('4: a %s reset takes back a stop that is pending', (reset) => {
    const machine = make({ semantics });
    setMpState(machine, 7);
    inject(machine, { type: 'sigp_stop' });
    expect(machine.answer({ type: 'reset_vcpu', vcpu: 0, reset })).toBe(0);
    expect(pending(machine)).toEqual([]);
  });

  it('6 rows 7 and 11: a slot of a UCONTROL VM is not deleted either', () => {
    const machine = new Machine({ semantics, vmType: 'ucontrol' });
    expect(machine.slot(0, 0n, 0n)).toBe('EINVAL');
  });

  it('6 row 13: a slot does not move to above the limit', () => {
    const machine = new Machine({ semantics, host: { maxGuestMemory: 2n * GIB } });
    expect(machine.slot(0, 0n, MIB)).toBe(0);
    expect(machine.slot(0, 2n * GIB - MIB, MIB)).toBe(0);
    expect(machine.slot(0, 2n * GIB, MIB)).toBe('EINVAL');
  });

  it('8.1: in migration mode every ESSA but extract leaves the page to be collected, changed or not', () => {
    for (const orc of [1, 2, 3, 4, 5, 6, 7]) {
      const machine = new Machine({ semantics });
      machine.slot(0, 0n, MIB, ['log_dirty_pages']);
      machine.set('mem_ctrl', 'enable_cmma');
      machine.vcpu(0);
      const essa = (operation: number) =>
        machine.answer({ type: 's390_guest', vcpu: 0, instruction: 'essa', gaddr: 0x3000, orc: operation });
      essa(0);
      machine.set('migration', 'start');
      machine.run({ type: 's390_get_cmma_bits', startGfn: 0, count: 256 });
      expect([essa(0), machine.vm.cmmaDirtyPages]).toEqual([0, undefined]);
      expect([essa(orc), machine.vm.cmmaDirtyPages, orc]).toEqual([0, 1, orc]);
    }
  });

  it('9: DISABLE of a VM without vCPUs that the ultravisor refuses is EIO, and the VM stays protected', () => {
    const machine = pvMachine('P', { semantics, vcpus: 0 });
    expect(pv(machine, 'disable', REFUSES)).toMatchObject({ errno: 'EIO' });
    expect(machine.vm.regions.protection).toBe('protected');
  });
});

describe.each(SEMANTICS)('rows of s390-vm-attributes that stand by themselves, %s', (semantics) => {
  it('0.2: HAS MEM_LIMIT_SIZE is 0, on a UCONTROL VM too', () => {
    expect(new Machine({ semantics, vmType: 'ucontrol' }).has('mem_ctrl', 'limit_size')).toBe(0);
  });

  it('0.1: HAS CLR_CMMA is ENXIO where the host has no CMMA', () => {
    expect(new Machine({ semantics, host: { cmma: false } }).has('mem_ctrl', 'clr_cmma')).toBe('ENXIO');
  });

  it('3.1: FEAT bits 9 to 12 are never there', () => {
    const { vm } = new Machine({ semantics, host: { feat: [0, 8, 9, 10, 11, 12, 13] } });
    expect(featOf(vm.host)).toEqual([0, 8, 13]);
  });

  it('3.2: what KVM offers of a machine that has every facility begins with the base set', () => {
    const facilities = Array.from({ length: 200 }, (_, bit) => bit);
    const { reply } = new Machine({ semantics, host: { facilities } }).get('cpu_model', 'machine');
    const { facMask } = reply as { facMask: { bits: readonly number[] } | readonly number[] };
    const offered = 'bits' in facMask ? facMask.bits : facMask;
    expect(offered).toEqual(
      expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 73, 75, 77, 131, 146, 150, 151, 155]),
    );
  });

  it('1.2: the vector facility brings 198 and 199 where the host has them', () => {
    const host = { facilities: [129, 134, 198, 199] };
    const machine = new Machine({ semantics, host });
    expect(machine.answer({ type: 'enable_cap', cap: 's390_vector_registers' })).toBe(0);
    expect(machine.vm.cpuModel?.capFacilities).toEqual([129, 134, 198, 199]);
  });

  it('5: SET_ONE_REG of the epoch difference leaves the clock of the VM where it was', () => {
    const machine = make({ semantics });
    machine.set('tod', 'low', { value: '0x1000' });
    const before = machine.vm.todOffset;
    machine.run({ type: 'set_registers', vcpu: 0, registers: { epochdiff: '0x7777' } });
    expect(machine.vm.vcpus.get(0)?.registers.epochdiff).toBe(0x7777n);
    expect(machine.vm.todOffset).toEqual(before);
  });
});
