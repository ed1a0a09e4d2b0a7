import { z } from 'zod';
import { bitList } from './bitmap.js';
import { PSCI_VERSIONS } from './aarch64-registers.js';
import { FEAT_SIZE, subfunc } from './cpu-model.js';
import { u32, u64 } from './scalars.js';

/** The facilities of the default s390x machine (STFLE bit numbers, PoP "Facility Indications"). */
const S390X_FACILITIES = [
  ...[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 30, 31, 32, 33,
    34,
  ],
  ...[
    35, 36, 37, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 57, 58, 59, 60, 61, 64, 73, 74, 75, 76, 77,
    78,
  ],
  ...[
    80, 81, 82, 129, 130, 131, 133, 134, 135, 138, 139, 146, 147, 148, 150, 151, 152, 155, 156, 192, 193, 194, 196, 197,
  ],
];

/** The s390x machine that a VM sees (contract, "host"); every field has a default, so what comes out is whole. */
export const s390xHost = z
  .strictObject({
    maxGuestMemory: u64.default(1n << 47n).meta({ description: 'highest guest address + 1; U64_MAX: no ceiling' }),
    freeMemory: u64
      .default((1n << 64n) - 1n)
      .meta({ description: 'bytes that guest tables, bounce buffers and migration state may take; U64_MAX: no bound' }),
    cmma: z.boolean().default(true),
    protectedVirtualization: z.boolean().default(true),
    asyncDestroy: z
      .boolean()
      .optional()
      .meta({ description: 'the module option for asynchronous destruction of protected VMs; absent: on' }),
    ucontrol: z.boolean().default(true).meta({ description: 'privilege and kernel option for UCONTROL VMs' }),
    facilities: z
      .array(z.int().min(0).max(16383))
      .max(16384)
      .default(S390X_FACILITIES)
      .transform((bits) => [...new Set(bits)].sort((a, b) => a - b))
      .meta({ description: 'STFLE bit numbers; replaces the default list' }),
    cpuid: u64.optional(),
    ibc: u32.optional().meta({ description: 'lowest IBC << 16 | unblocked IBC' }),
    feat: bitList(FEAT_SIZE).optional().meta({ description: 'bit numbers of CPU features' }),
    subfunc: subfunc.optional().meta({ description: 'blocks of query results by name, in hex; missing ones are zero' }),
    apInstructions: z.boolean().optional(),
    hpage: z.boolean().optional().meta({ description: 'module option for large pages' }),
  })
  .meta({ id: 'S390xHost' });

export type S390xHost = z.output<typeof s390xHost>;

/** Bytes that commands which need host memory may take. */
const freeMemory = u64
  .default((1n << 64n) - 1n)
  .meta({ description: 'bytes that the host can give to the VM; U64_MAX: no bound' });

/** Bits of CPUID 0x40000001 EAX that KVM offers by default (KVM_FEATURE_*). */
const KVM_PV_FEATURES = [0, 1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 24].reduce((mask, bit) => mask | (1 << bit), 0);

/** The x86_64 machine that a VM sees (contract, "host"). */
export const x86Host = z
  .strictObject({
    freeMemory,
    maxPhysAddrBits: z.int().min(32).max(52).default(46).meta({ description: 'MAXPHYADDR, CPUID 0x80000008' }),
    cpuVendor: z.enum(['intel', 'amd', 'hygon']).default('intel'),
    gbPages: z.boolean().default(true).meta({ description: '1 GiB pages, CPUID 0x80000001 EDX bit 26' }),
    kvmPvFeatures: u32.default(KVM_PV_FEATURES).meta({ description: 'CPUID 0x40000001 EAX, KVM_FEATURE_*' }),
    introspection: z.boolean().default(true).meta({ description: "the host's module switch of introspection" }),
    tscKhz: u32.optional().meta({ description: "frequency of the guest's TSC; absent: 1 GHz" }),
    tscClocksource: z.boolean().default(true).meta({ description: 'whether the host keeps time by its TSC' }),
  })
  .meta({ id: 'X86Host' });

export type X86Host = z.output<typeof x86Host>;

/** What a host says of a vulnerability of its processors (enum mitigation_state). */
const mitigation = z.enum(['vulnerable', 'mitigated', 'unaffected']);

/** PSCI of the long-term kernels 6.6 and 6.12. */
const PSCI_1_1 = 0x1_0001;

/** The aarch64 machine that a VM sees (contract, "host"). By default its processors have CSV2 and SSBS, and a loop against BHB. */
export const aarch64Host = z
  .strictObject({
    freeMemory,
    spectreV2: mitigation.default('unaffected'),
    spectreV4: mitigation.default('mitigated'),
    spectreBhb: mitigation.default('mitigated'),
    ssbs: z.boolean().default(true).meta({ description: 'whether every processor has SSBS' }),
    psciVersion: u32
      .refine(
        (version) => PSCI_VERSIONS.some((known) => known === version),
        'must be a version of PSCI from 0.2 to 1.3',
      )
      .default(PSCI_1_1)
      .meta({ description: 'the newest PSCI that the KVM of the host has, major << 16 | minor' }),
    counterClocksource: z
      .boolean()
      .default(true)
      .meta({ description: 'whether the host keeps time by the counter of the architecture' }),
    stealTime: z.boolean().default(true).meta({ description: 'whether the host counts stolen time' }),
  })
  .meta({ id: 'Aarch64Host' });

export type Aarch64Host = z.output<typeof aarch64Host>;

/** The shape of each architecture's machine. */
export const HOSTS = { s390x: s390xHost, x86_64: x86Host, aarch64: aarch64Host } as const;
