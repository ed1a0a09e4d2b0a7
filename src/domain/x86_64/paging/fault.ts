/** Why a translation fails, by the ABI's number (KVM_TRANSLATE_FAULT_*). */
export const TRANSLATE_FAULTS = {
  not_present: 1,
  privilege_violation: 2,
  reserved_bits: 3,
  invalid_gva: 4,
  invalid_gpa: 5,
} as const;

export type TranslateFault = keyof typeof TRANSLATE_FAULTS;

const NAMES = Object.fromEntries(Object.entries(TRANSLATE_FAULTS).map(([name, code]) => [code, name])) as Readonly<
  Record<number, TranslateFault>
>;

/** A fault as it is answered: number and name; null for 0, which has no name. */
export function faultOf(code: number): { readonly code: number; readonly name: TranslateFault } | null {
  const name = NAMES[code];
  return name === undefined ? null : { code, name };
}
