/**
 * The absolute frame of a real frame: the first two frames and the two of the prefix area change places (PoP, "Prefixing";
 * kvm_s390_real_to_abs).
 *
 * @param prefixFrame the frame number of the prefix, even
 */
export function absoluteFrame(realFrame: number, prefixFrame: number): number {
  if (realFrame < 2) return realFrame + prefixFrame;
  const inArea = realFrame - prefixFrame;
  return inArea === 0 || inArea === 1 ? inArea : realFrame;
}
