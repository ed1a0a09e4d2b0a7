/**
 * What the domain asks of the outside to make digests; the domain itself computes none.
 * Infra binds it to a SHA-256 and an RFC 8785 library.
 */
export interface Digester {
  /** SHA-256 over the concatenation of `parts`: 32 bytes. */
  readonly sha256: (...parts: readonly Uint8Array[]) => Uint8Array;
  /** The RFC 8785 text of a JSON value. */
  readonly canonical: (value: Json) => string;
}

/** A JSON value; a property that is `undefined` is absent. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
