/** Algorithms whose keys KVM can wrap, and the bytes of their wrapping-key masks (struct kvm_s390_crypto_cb). */
export const WRAPPING_KEY_SIZES = { aes: 32, dea: 24 } as const;

export type WrappedAlgorithm = keyof typeof WRAPPING_KEY_SIZES;

/** Key wrapping of one algorithm: whether it is on, and SHA-256 of the wrapping key in hex, if it is known. */
export interface KeyWrapping {
  readonly enabled: boolean;
  readonly fingerprint?: string;
}

/** What was set of a VM's crypto controls; key wrapping that was never set is on, AP interpretation off (kvm_s390_crypto_init). */
export interface CryptoControls {
  readonly aes?: KeyWrapping;
  readonly dea?: KeyWrapping;
  readonly apie?: boolean;
}
