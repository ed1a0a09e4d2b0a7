import type { Errno } from '../../errno.js';
import type { Part } from '../../memory/address.js';
import type { Commitment } from '../bulk.js';

/** What an access did, or was to do. */
export const ACCESS_KINDS = [
  'read',
  'write',
  'cmpxchg',
  'fetch',
  /** Asked whether it could be read or written, and no more. */
  'check',
  /** A translation answered the table entries that it read. */
  'walk',
  /** The guest cleared frames. */
  'clear',
  /** A page came to be another one: a page of zeros, or one of another VM's. */
  'replace',
  /** The ultravisor decrypted an image in place. */
  'unpack',
  'key_read',
  'key_write',
  'cmma_read',
  'cmma_write',
  /** What a batch asked for, or was answered, was erased: beside what it did there may be more that it touched. */
  'erased',
] as const;

export type AccessKind = (typeof ACCESS_KINDS)[number];

/** Kinds that are about marks of guest frames, which no other frame has in common with them (docs/architecture.md, "Memory"). */
export const MARK_KINDS: ReadonlySet<AccessKind> = new Set(['key_read', 'key_write', 'cmma_read', 'cmma_write']);

/** An address as it was given, and in which space: `real` is before prefixing, `logical` and `linear` before translation. */
export interface Given {
  readonly space: 'absolute' | 'logical' | 'real' | 'linear';
  readonly address: bigint;
  /** In bytes. */
  readonly size: bigint;
}

/** One access to guest memory, its keys or its page states, as a record tells it. */
export interface Access {
  readonly kind: AccessKind;
  /** Which item of a batch, or which write of several, from 0 on. */
  readonly item?: number;
  readonly vcpu?: number;
  /** The version of the VM that was looked at, if it was not the present one. */
  readonly asOf?: number;
  readonly ret: number;
  readonly errno?: Errno;
  /** Absent for what the machine did by itself. */
  readonly given?: Given;
  /** The absolute memory that was reached, in order; that of keys and page states is the whole frame. */
  readonly resolved: readonly Part[];
  /** What of it holds other content from then on, or the same anew. */
  readonly stored: readonly Part[];
  /** Pages of the VMM's that came to be others; of a lender's, all that were borrowed. */
  readonly replaced?: { readonly page: number } | { readonly lender: string };
  /** What the record holds of the data. */
  readonly data: readonly Commitment[];
}
