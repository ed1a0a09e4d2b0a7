/** KVM_MP_STATE_* that exist on x86, by ABI number. */
export const X86_MP_STATES = { runnable: 0, uninitialized: 1, init_received: 2, halted: 3, sipi_received: 4 } as const;

export type X86MpState = keyof typeof X86_MP_STATES;
