const doubleword = new DataView(new ArrayBuffer(8));

/** The upper 32 bits of a 64-bit value, as an unsigned number. */
export function highWord(value: bigint): number {
  doubleword.setBigUint64(0, value);
  return doubleword.getUint32(0);
}

/** The lower 32 bits of a 64-bit value, as an unsigned number. */
export function lowWord(value: bigint): number {
  doubleword.setBigUint64(0, value);
  return doubleword.getUint32(4);
}

/** The 64-bit value of two words. */
export function doublewordOf(high: number, low: number): bigint {
  doubleword.setUint32(0, high);
  doubleword.setUint32(4, low);
  return doubleword.getBigUint64(0);
}
