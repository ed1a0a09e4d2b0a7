/** Slot numbers that user space may use are below this (KVM_USER_MEM_SLOTS). */
export const KVM_USER_MEM_SLOTS = 32766;

/** Most pages of a slot (KVM_MEM_MAX_NR_PAGES). */
export const KVM_MEM_MAX_NR_PAGES = 2 ** 31 - 1;
