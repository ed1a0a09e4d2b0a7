/** Slot numbers that user space may use are below this (KVM_USER_MEM_SLOTS), by architecture. */
export const KVM_USER_MEM_SLOTS = { s390x: 32766, x86_64: 32764, aarch64: 32767 } as const;

/** Most pages of a slot (KVM_MEM_MAX_NR_PAGES). */
export const KVM_MEM_MAX_NR_PAGES = 2 ** 31 - 1;
