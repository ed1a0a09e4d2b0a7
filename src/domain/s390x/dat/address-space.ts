/** The kinds of a guest's top table, ascending by what they cover. */
export const TOP_TABLES = ['segment', 'region_third', 'region_second', 'region_first'] as const;

export type TopTable = (typeof TOP_TABLES)[number];

/** Bytes that a guest address space of each kind covers (s390-vm-attributes 2.3). */
export const SPAN: Readonly<Record<TopTable, bigint>> = {
  segment: 1n << 31n,
  region_third: 1n << 42n,
  region_second: 1n << 53n,
  region_first: 1n << 64n,
};

/** The smallest top table that covers `limit` bytes (gmap_limit_to_type). */
export const topTableFor = (limit: bigint): TopTable =>
  TOP_TABLES.find((kind) => limit <= SPAN[kind]) ?? 'region_first';
