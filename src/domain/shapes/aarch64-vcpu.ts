/** KVM_MP_STATE_* that exist on arm64, by ABI number. */
export const AARCH64_MP_STATES = { runnable: 0, stopped: 5, suspended: 10 } as const;

export type Aarch64MpState = keyof typeof AARCH64_MP_STATES;

export const AARCH64_MP_STATE_NAMES = Object.keys(AARCH64_MP_STATES) as [Aarch64MpState, ...Aarch64MpState[]];
