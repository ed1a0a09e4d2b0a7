import { DATA_PLANE, PLAIN, PV_COMMANDS, PV_STEPS, type S390xLawEvent } from '../../../src/domain/vm/law/law.js';
import type { S390xRegions } from '../../../src/domain/vm/law/regions.js';
import { attributeLawEvents } from './attribute-commands.js';
import { vcpuLawEvents } from './vcpu-law.js';

const VALUES: { readonly [Region in Exclude<keyof S390xRegions, 'cpuStateControl'>]: readonly S390xRegions[Region][] } =
  {
    lifecycle: ['live', 'destroyed'],
    vcpus: ['none', 'created'],
    cmma: ['off', 'on'],
    migration: ['off', 'on'],
    protection: ['none', 'protected', 'dumping'],
    aside: ['none', 'kept'],
    skeys: ['off', 'on'],
    cmm: ['unused', 'used'],
  };

type OtherRegions = Omit<S390xRegions, 'cpuStateControl'>;

/** Every combination of states that some arrow can tell apart: what uses keys or CMM has to do with few other regions. */
const others: readonly OtherRegions[] = Object.entries(VALUES)
  .reduce<Record<string, string>[]>(
    (sofar, [region, values]) => sofar.flatMap((some) => values.map((value) => ({ ...some, [region]: value }))),
    [{}],
  )
  .map((regions) => regions as unknown as OtherRegions)
  .filter(({ cmm, aside }) => cmm === 'unused' || aside === 'none')
  .filter(
    ({ skeys, cmm, cmma, migration, aside }) =>
      skeys === 'off' || [cmm, cmma, migration, aside].join() === 'unused,off,off,none',
  );

/** S390xRegions that who controls the CPU states has nothing to do with are varied under the kernel's control alone. */
export const allRegions: readonly S390xRegions[] = [
  ...others.map((regions) => ({ ...regions, cpuStateControl: 'kernel' as const })),
  ...others
    .filter(({ cmma, migration, aside }) => cmma === 'off' && migration === 'off' && aside === 'none')
    .map((regions) => ({ ...regions, cpuStateControl: 'user' as const })),
];

const kinds = ['create', 'move', 'flags', 'delete'] as const;

/** Every command that the law knows, those with arguments in every way that a guard tells apart. */
export const allLawEvents: readonly S390xLawEvent[] = [
  ...[...DATA_PLANE, ...PV_COMMANDS, ...PV_STEPS, ...PLAIN].map((type) => ({ type })),
  ...PV_COMMANDS.map((type) => ({ type, ultravisorRefuses: true })),
  ...[0, 248, 254, 255].map((vcpu) => ({ type: 'create_vcpu' as const, vcpu })),
  ...kinds.flatMap((kind) =>
    [true, false].flatMap((logs) =>
      [1, 0x80001, 2 ** 52 - 1].map((end) => ({
        type: 'set_user_memory_region' as const,
        kind,
        logs,
        end,
      })),
    ),
  ),
  ...(['s390_get_skeys', 's390_set_skeys', 's390_get_cmma_bits', 's390_set_cmma_bits'] as const).flatMap((type) =>
    [0n, 1n, 1n << 21n].flatMap((count) =>
      [true, false].map((fine) => ({ type, count, flagsKnown: fine || count === 0n, peek: fine, readable: fine })),
    ),
  ),
  { type: 'inject_vm_irq', readable: false },
  { type: 'inject_vm_irq', readable: true },
  { type: 'inject_vm_irq', readable: true, floating: { type: 'pfault_done', extParams2: 0n } },
  ...[true, false].map((known) => ({ type: 's390_keyop' as const, known })),
  ...[0, 1, 32766].map((slot) => ({ type: 'get_dirty_log' as const, slot })),
  ...attributeLawEvents,
  ...vcpuLawEvents,
  { type: 'limit_mem_size' },
  ...[0n, 1n << 20n, 1n << 42n, 1n << 48n, (1n << 64n) - 1n].map((limit) => ({
    type: 'limit_mem_size' as const,
    limit,
  })),
];
