/** Bytes of a timestamped Ed25519 signature: eight of the time, 64 of the signature (C2SP tlog-cosignature, "Format"). */
const SIZE = 72;

const encoder = new TextEncoder();

/** The message that an Ed25519 cosignature signs (C2SP tlog-cosignature, "Ed25519 signed message"). */
export const cosignatureMessage = (checkpointText: string, timestamp: bigint): Uint8Array =>
  encoder.encode(`cosignature/v1\ntime ${timestamp}\n${checkpointText}`);

/** The seconds since 1970 at which a cosignature says it was made; undefined if it is not one. */
export function timestampOf(cosignature: Uint8Array): bigint | undefined {
  if (cosignature.length !== SIZE) return undefined;
  const timestamp = new DataView(cosignature.buffer, cosignature.byteOffset).getBigUint64(0);
  return timestamp < 1n << 63n ? timestamp : undefined;
}
