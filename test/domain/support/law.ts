import { DATA_PLANE, type LawEvent, PLAIN, PV_COMMANDS } from '../../../src/domain/vm/law.js';
import type { Regions } from '../../../src/domain/vm/state.js';

const VALUES: { readonly [Region in keyof Regions]: readonly Regions[Region][] } = {
  lifecycle: ['live', 'destroyed'],
  vcpus: ['none', 'created'],
  cmma: ['off', 'on'],
  migration: ['off', 'on'],
  protection: ['none', 'protected', 'dumping'],
  aside: ['none', 'kept'],
};

/** Every combination of states of the six regions. */
export const allRegions: readonly Regions[] = Object.entries(VALUES).reduce<Record<string, string>[]>(
  (sofar, [region, values]) => sofar.flatMap((some) => values.map((value) => ({ ...some, [region]: value }))),
  [{}],
) as unknown as Regions[];

const kinds = ['create', 'move', 'flags', 'delete'] as const;

/** Every command that the law knows, those with arguments in every way that a guard tells apart. */
export const allLawEvents: readonly LawEvent[] = [
  ...[...DATA_PLANE, ...PV_COMMANDS, ...PLAIN].map((type) => ({ type })),
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
  ...[0, 1, 32766].map((slot) => ({ type: 'get_dirty_log' as const, slot })),
  { type: 'limit_mem_size' },
  ...[0n, 1n << 20n, 1n << 42n, 1n << 48n, (1n << 64n) - 1n].map((limit) => ({
    type: 'limit_mem_size' as const,
    limit,
  })),
];
