/** Exceptions by vector (SDM volume 3, table 7-1). */
export const EXCEPTIONS = {
  divide_error: 0,
  debug: 1,
  nmi: 2,
  breakpoint: 3,
  overflow: 4,
  bound_range: 5,
  invalid_opcode: 6,
  device_not_available: 7,
  double_fault: 8,
  coprocessor_segment_overrun: 9,
  invalid_tss: 10,
  segment_not_present: 11,
  stack_fault: 12,
  general_protection: 13,
  page_fault: 14,
  x87_fault: 16,
  alignment_check: 17,
  machine_check: 18,
  simd_fault: 19,
  virtualization: 20,
  control_protection: 21,
} as const;

export type ExceptionName = keyof typeof EXCEPTIONS;

/** An exception that the guest gets. */
export interface Exception {
  readonly vector: number;
  readonly name: string;
  readonly errorCode?: number;
  /** Of a page fault: the linear address, which is in CR2. */
  readonly address?: bigint;
}

/** Vectors below this one are exceptions. */
export const VECTORS = 32;

/** Exceptions that push an error code (x86_exception_has_error_code). */
const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);

export const hasErrorCode = (vector: number): boolean => WITH_ERROR_CODE.has(vector);

const NAMES = new Map<number, string>(Object.entries(EXCEPTIONS).map(([name, vector]) => [vector, name]));

/** The name of an exception; one that has none is `reserved`. */
export const exceptionName = (vector: number): string => NAMES.get(vector) ?? 'reserved';

/** An exception by name; those that push an error code push 0 unless `errorCode` says otherwise. */
export function exception(name: ExceptionName, errorCode = 0): Exception {
  const vector = EXCEPTIONS[name];
  return { vector, name, ...(hasErrorCode(vector) && { errorCode }) };
}

/** A page fault at a linear address. */
export const pageFault = (errorCode: number, address: bigint): Exception => ({
  ...exception('page_fault', errorCode),
  address,
});
