import { affinityOf } from '../../../src/domain/aarch64/psci-power.js';
import { Aarch64Machine, INVALID, negative } from '../support/aarch64.js';

const CPU_OFF = 0x84000002;
const CPU_ON = 0x84000003;
const CPU_ON_64 = 0xc4000003;
const AFFINITY_INFO = 0x84000004;
const AFFINITY_INFO_64 = 0xc4000004;

const RESET_PSTATE = 0x3c5n;

/** VM with vCPUs 0, 1 and 18; the last two are stopped. */
const cluster = (): Aarch64Machine => {
  const made = new Aarch64Machine();
  for (const id of [1, 18]) {
    made.vcpu(id);
    made.registers(id, { x0: 1, x5: 5, x30: 6, sp: 7, pc: 8, pstate: 9 });
    made.mpState(id, 'stopped');
  }
  return made;
};

const vcpu = (made: Aarch64Machine, id: number) => made.vm.vcpus.get(id);

describe('the affinity of a vCPU', () => {
  it.each([
    [0, 0x0],
    [1, 0x1],
    [15, 0xf],
    [16, 0x100],
    [18, 0x102],
    [255, 0xf0f],
    [256, 0x1000],
    [511, 0x1f0f],
    [4096, 0x10000],
  ])('vCPU %i: 0x%x', (id, affinity) => {
    expect(affinityOf(id)).toBe(BigInt(affinity));
  });
});

describe('CPU_SUSPEND', () => {
  it.each([0x84000001, 0xc4000001])('0x%x: answers 0 and goes on', (id) => {
    const made = new Aarch64Machine();
    made.registers(0, { x4: 4 });
    expect(made.x0(id, [1, 2, 3])).toBe(0n);
    expect(vcpu(made, 0)).toMatchObject({ mpState: 'runnable', registers: { x4: 4n } });
  });
});

describe('CPU_OFF', () => {
  it('stops the caller, and nobody else', () => {
    const made = cluster();
    made.mpState(1, 'runnable');
    expect(made.x0(CPU_OFF, [1, 2, 3])).toBe(0n);
    expect([vcpu(made, 0)?.mpState, vcpu(made, 1)?.mpState]).toEqual(['stopped', 'runnable']);
    expect(made.x0(AFFINITY_INFO, [0, 0], { vcpu: 1 })).toBe(1n);
  });
});

describe('CPU_ON', () => {
  it.each<[id: number, args: bigint[], pc: bigint, x0: bigint]>([
    [CPU_ON, [0x102n, 0x4000_0000n, 7n], 0x4000_0000n, 7n],
    [CPU_ON, [0x1_0000_0102n, 0x1_4000_0000n, 0x1_0000_0007n], 0x4000_0000n, 7n],
    [CPU_ON_64, [0x102n, 0x1_4000_0000n, 0x1_0000_0007n], 0x1_4000_0000n, 0x1_0000_0007n],
  ])('0x%x of %j: resets the vCPU and lets it start', (id, args, pc, x0) => {
    const made = cluster();
    expect(made.x0(id, args)).toBe(0n);
    expect(vcpu(made, 18)?.mpState).toBe('runnable');
    expect(vcpu(made, 18)?.registers).toMatchObject({ x0, x5: 0n, x30: 0n, sp: 0n, pc, pstate: RESET_PSTATE });
    expect(vcpu(made, 1)?.mpState).toBe('stopped');
    expect(made.x0(0x80000000, [], { vcpu: 18 })).toBe(0x10001n);
  });

  it.each<[what: string, args: (bigint | number)[], state: string, result: number]>([
    ['an affinity that no vCPU has', [2, 0, 0], 'stopped', -2],
    ['bits that are no affinity', [0x80000001, 0, 0], 'stopped', -2],
    ['upper bits that are no affinity', [0x1_0000_0000_0001n, 0, 0], 'stopped', -2],
    ['affinity 3 that no vCPU has', [0x1_0000_0001n, 0, 0], 'stopped', -2],
    ['a vCPU that runs', [1, 0, 0], 'runnable', -4],
    ['a vCPU that is suspended', [1, 0, 0], 'suspended', -4],
    ['the caller', [0, 0, 0], 'stopped', -4],
  ])('of %s: %j, %s', (_what, args, state, result) => {
    const made = cluster();
    made.mpState(1, state);
    expect(made.x0(CPU_ON_64, args)).toBe(negative(result));
    expect(vcpu(made, 1)).toMatchObject({ mpState: state, registers: { x5: 5n, pc: 8n } });
  });
});

describe('AFFINITY_INFO', () => {
  const ON = 0n;
  const OFF = 1n;

  it.each<[what: string, mpidr: bigint | number, level: bigint | number, result: bigint]>([
    ['one that runs', 0, 0, ON],
    ['one that is stopped', 1, 0, OFF],
    ['one in another cluster', 0x102, 0, OFF],
    ['none', 2, 0, INVALID],
    ['a cluster in which one runs', 0x5, 1, ON],
    ['a cluster in which none runs', 0x1ff, 1, OFF],
    ['a cluster that is not there', 0x200, 1, INVALID],
    ['all of level 2', 0xffff, 2, ON],
    ['another of level 2', 0x10000, 2, INVALID],
    ['all of level 3', 0xff_ffff, 3, ON],
    ['another of level 3', 0x1_0000_0000n, 3, INVALID],
    ['level 4', 0, 4, INVALID],
    ['a level of 64 bits', 0, 1n << 32n, INVALID],
    ['bits that are no affinity', 0x80000000, 0, INVALID],
    ['upper bits that are no affinity', 1n << 40n, 3, INVALID],
  ])('of %s: 0x%x, level %i', (_what, mpidr, level, result) => {
    expect(cluster().x0(AFFINITY_INFO_64, [mpidr, level])).toBe(result);
  });

  it('as SMC32 looks at the low halves', () => {
    expect(cluster().x0(AFFINITY_INFO, [0x1_0000_0001n, 1n << 32n])).toBe(OFF);
  });

  it('one that is suspended is on', () => {
    const made = cluster();
    made.mpState(1, 'suspended');
    expect(made.x0(AFFINITY_INFO, [1, 0])).toBe(ON);
  });
});
