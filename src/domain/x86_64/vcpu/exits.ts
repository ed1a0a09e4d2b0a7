/** Exits to user space (linux/kvm.h, KVM_EXIT_*). */
export const EXITS = { hypercall: 3, mmio: 6, shutdown: 8, internal_error: 17, hyperv: 27, xen: 34 } as const;

export type ExitReason = keyof typeof EXITS;

/** Why a run ended, and what user space must know to go on. */
export type Exit = { readonly reason: ExitReason; readonly number: number } & Readonly<Record<string, unknown>>;

export const exit = (reason: ExitReason, fields: Readonly<Record<string, unknown>> = {}): Exit => ({
  reason,
  number: EXITS[reason],
  ...fields,
});

/** The VM stopped: what every run answers after a tool's CRASH. */
export const SHUTDOWN: Exit = exit('shutdown');
