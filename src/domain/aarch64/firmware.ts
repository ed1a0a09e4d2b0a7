/** The bitmaps of the pseudo-firmware registers and the bits that each has (KVM_REG_ARM_*_BMAP). All of them are 1 at first. */
export const BITMAPS = {
  /** KVM_REG_ARM_STD_BMAP: TRNG 1.0. */
  std: 1n,
  /** KVM_REG_ARM_STD_HYP_BMAP: PV time. */
  stdHyp: 1n,
  /** KVM_REG_ARM_VENDOR_HYP_BMAP: features and UID, PTP. */
  vendorHyp: 3n,
} as const;

export type Bitmap = keyof typeof BITMAPS;

export const BITMAP_NAMES = Object.keys(BITMAPS) as Bitmap[];

/** The pseudo-firmware registers of a VM. */
export interface Firmware extends Readonly<Record<Bitmap, bigint>> {
  /** KVM_REG_ARM_PSCI_VERSION: the version that the guest is shown. */
  readonly psciVersion: number;
}

/** The registers as a VM has them: what was set, else every bit and the newest PSCI that the host's KVM has. */
export const firmwareOf = (set: Partial<Firmware> | undefined, host: { readonly psciVersion: number }): Firmware => ({
  ...BITMAPS,
  psciVersion: host.psciVersion,
  ...set,
});
