/** CR4.LA57. */
const LA57 = 1n << 12n;

const U64 = 64;

/** Whether a 64-bit linear address is canonical: bits above the highest that translation uses repeat it (SDM volume 1, 3.3.7.1). */
export function isCanonical(address: bigint, cr4: bigint): boolean {
  const width = (cr4 & LA57) === 0n ? 48 : 57;
  return BigInt.asUintN(U64, BigInt.asIntN(width, address)) === address;
}
