/** The SMC64 form of a fast SMC32 call (DEN 0028, table 2-1, bit 30). */
export const smc64 = (id: number): number => id + 0x4000_0000;

/** Whether an id is that of an SMC64 call. */
export const isSmc64 = (id: number): boolean => ((id >>> 30) & 1) === 1;

/** The owning entity of a function id: bits 29 to 24. */
export const ownerOf = (id: number): number => (id >>> 24) & 0x3f;

/** The function number of an id: bits 15 to 0. */
export const numberOf = (id: number): number => id & 0xffff;

/** The owner of PSCI, TRNG and SDEI. */
export const OWNER_STANDARD = 4;

/** Calls of the Arm architecture (DEN 0028). */
export const ARCH = { version: 0x8000_0000, features: 0x8000_0001 } as const;

/** Workarounds that ARCH_FEATURES is asked for (DEN 0070). */
export const WORKAROUND = { spectreV2: 0x8000_8000, spectreV4: 0x8000_7fff, spectreBhb: 0x8000_3fff } as const;

/** Functions of PSCI (DEN 0022); an id that has an SMC64 form has it at `smc64`. */
export const PSCI = {
  version: 0x8400_0000,
  cpuSuspend: 0x8400_0001,
  cpuOff: 0x8400_0002,
  cpuOn: 0x8400_0003,
  affinityInfo: 0x8400_0004,
  migrateInfoType: 0x8400_0006,
  systemOff: 0x8400_0008,
  systemReset: 0x8400_0009,
  features: 0x8400_000a,
  systemSuspend: 0x8400_000e,
  systemReset2: 0x8400_0012,
  systemOff2: 0x8400_0015,
} as const;

/** Ids of KVM's PSCI 0.1, from before there was a calling convention (KVM_PSCI_FN). */
export const PSCI_0_1 = { first: 0x95c1_ba5e, last: 0x95c1_ba61 } as const;

/** The true random number generator (DEN 0098). */
export const TRNG = {
  version: 0x8400_0050,
  features: 0x8400_0051,
  uuid: 0x8400_0052,
  rnd32: 0x8400_0053,
  rnd64: 0xc400_0053,
} as const;

/** Paravirtualized time (DEN 0057). */
export const PV_TIME = { features: 0xc500_0020, stolen: 0xc500_0021 } as const;

/** KVM's own calls (ARM_SMCCC_VENDOR_HYP_*). */
export const VENDOR = { features: 0x8600_0000, ptp: 0x8600_0001, uid: 0x8600_ff01 } as const;
