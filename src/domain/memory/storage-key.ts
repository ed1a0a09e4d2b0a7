/** The fields of a storage key byte (PoP, storage key; s390-translation section 6). */
export const KEY = { acc: 0xf0, fetch: 0x08, reference: 0x04, change: 0x02, all: 0xfe } as const;

/** Access-control bits of a storage key, 0 to 15. */
export const accOf = (key: number): number => (key & KEY.acc) >> 4;

/** Whether an access with `accessKey` (0 to 15) passes key-controlled protection, overrides aside (PoP, key-controlled protection). */
export function keyAllows(storageKey: number, accessKey: number, store: boolean): boolean {
  if (accessKey === 0 || accOf(storageKey) === accessKey) return true;
  return !store && (storageKey & KEY.fetch) === 0;
}
