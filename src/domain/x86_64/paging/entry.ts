/** Bits of a paging-structure entry that its lower 32 bits hold (SDM volume 3, 4.3 to 4.5). */
export const ENTRY = {
  present: 0x001,
  write: 0x002,
  user: 0x004,
  writeThrough: 0x008,
  cacheDisable: 0x010,
  accessed: 0x020,
  dirty: 0x040,
  pageSize: 0x080,
  global: 0x100,
} as const;

/** Of entries that map a page larger than 4 KiB: the PAT bit. */
export const LARGE_PAT = 0x1000;

/** Where the protection key is in the upper word of an 8-byte entry: 4 bits. */
export const KEY_SHIFT = 27;
