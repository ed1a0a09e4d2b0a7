import { z } from 'zod';

/**
 * An exported ledger as JSON Lines, UTF-8, each line ended by a newline: a header, a line for each record in order of
 * position, and a trailer (docs/command-line.md).
 */
export const FORMAT = 'vmledger-export';
export const FORMAT_VERSION = 1;

const count = z.int().nonnegative();

/** Base64 (RFC 4648, section 4) in the one form that the bytes have. */
const bytes = z.string().transform((text, context): Uint8Array => {
  const found = Buffer.from(text, 'base64');
  if (found.toString('base64') !== text) context.addIssue('is not base64');
  return found;
});

/** The first line: what follows, and what was signed of it, by whom. */
export const header = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  records: count,
  /** Each checkpoint that the ledger had, a signed note, and the vkey that it is verified with. */
  checkpoints: z.array(z.strictObject({ key: z.string(), note: z.string() })),
});

/** Data beside a record; or that there was some, and that it was erased. */
const data = z.union([
  z.strictObject({ role: z.string(), salt: bytes, bytes }),
  z.strictObject({ role: z.string(), erased: z.literal(true) }),
]);

/**
 * A record: its bytes as they are hashed, the leaf hash that they have (RFC 6962, section 2.1), the data beside it, the frames of
 * other VMs that it touched, and what erasures left of it.
 */
export const entry = z.strictObject({
  position: z.int().positive(),
  record: bytes,
  leafHash: bytes,
  data: z.array(data).optional(),
  elsewhere: z.array(z.strictObject({ vm: z.string(), frame: count })).optional(),
  /** `text` as the record of the erasure has the hash of. */
  remains: z.array(z.strictObject({ erasure: z.int().positive(), vm: z.string(), text: z.string() })).optional(),
});

/** The last line: the root of the tree over all records, and the SHA-256 of all lines before, newlines included. */
export const trailer = z.strictObject({ records: count, root: bytes, sha256: bytes });

export type Header = z.output<typeof header>;
export type Entry = z.output<typeof entry>;
export type Trailer = z.output<typeof trailer>;

/** What was written of a line. */
export type Written<Line> = Line extends Uint8Array
  ? string
  : Line extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : Line extends object
      ? { readonly [Key in keyof Line]: Written<Line[Key]> }
      : Line;
