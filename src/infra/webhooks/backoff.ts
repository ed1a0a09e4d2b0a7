/** When failed deliveries are tried again, in milliseconds. */
export interface Backoff {
  /** After the first failure; twice as much after each further one. */
  readonly first: number;
  readonly longest: number;
}

/** With 20 attempts, given up after about a day and a half. */
export const BACKOFF: Backoff = { first: 1000, longest: 6 * 3600 * 1000 };

const MOST_U32 = 2 ** 32;

/**
 * Milliseconds to wait after so many failures in a row: half of it certain, half of it by chance, so that those who failed
 * together don't come again together.
 *
 * @param random four random bytes
 * @param asked what the receiver asked for; never shorter than that, but for the longest time
 */
export function delayOf({ first, longest }: Backoff, failures: number, random: Uint8Array, asked = 0): number {
  const most = Math.min(first * 2 ** (failures - 1), longest);
  const chance = new DataView(random.buffer, random.byteOffset).getUint32(0) / MOST_U32;
  return Math.min(Math.max((most * (1 + chance)) / 2, asked), longest);
}
