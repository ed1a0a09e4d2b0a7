/** The configuration of an s390x VM's statechart, one entry a region (domain/s390x/chart.ts). */
export interface S390xRegions {
  readonly lifecycle: 'live' | 'destroyed';
  readonly vcpus: 'none' | 'created';
  readonly cmma: 'off' | 'on';
  readonly migration: 'off' | 'on';
  readonly protection: 'none' | 'protected' | 'dumping';
  readonly aside: 'none' | 'kept';
  readonly skeys: 'off' | 'on';
  readonly cmm: 'unused' | 'used';
  readonly cpuStateControl: 'kernel' | 'user';
}

/** The configuration of an x86_64 VM's statechart (domain/x86_64/chart.ts). */
export interface X86Regions {
  readonly lifecycle: 'live' | 'destroyed';
  readonly vcpus: 'none' | 'created';
  readonly health: 'running' | 'crashed';
  readonly introspection: 'unhooked' | 'hooked';
}

/** The configuration of an aarch64 VM's statechart (domain/aarch64/chart.ts). */
export interface Aarch64Regions {
  readonly lifecycle: 'live' | 'destroyed';
  readonly vcpus: 'none' | 'created';
  readonly run: 'never' | 'ran';
}

export type Regions = S390xRegions | X86Regions | Aarch64Regions;

/** The configuration of a VM that was just created, by architecture. */
export const INITIAL_REGIONS = {
  s390x: {
    lifecycle: 'live',
    vcpus: 'none',
    cmma: 'off',
    migration: 'off',
    protection: 'none',
    aside: 'none',
    skeys: 'off',
    cmm: 'unused',
    cpuStateControl: 'kernel',
  } as S390xRegions,
  aarch64: { lifecycle: 'live', vcpus: 'none', run: 'never' } as Aarch64Regions,
  x86_64: { lifecycle: 'live', vcpus: 'none', health: 'running', introspection: 'unhooked' } as X86Regions,
} as const;
