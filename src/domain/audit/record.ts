import type { Json } from '../digester.js';
import type { Errno } from '../errno.js';
import type { Command } from '../vm/command.js';
import type { Decision } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { Commitment } from './bulk.js';

/** The trace that a request was part of (W3C Trace Context). */
export interface TraceContext {
  /** Version 00: `00-{trace id}-{parent id}-{flags}`. */
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** One command and what came of it: all that a record says, but for its position. */
export interface LedgerRecord extends Partial<TraceContext> {
  readonly vm: string;
  /** The stream's version with this record; the first is 1. */
  readonly version: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly actor: string;
  readonly requestId: string;
  readonly model: string;
  readonly command: Command;
  readonly decision: Decision;
  /** Records of other VMs that are appended together with this one, and how many positions behind it each is. */
  readonly counterparts?: readonly { readonly vm: string; readonly step: number }[];
  /** The digest of the state after the record; absent while the VM does not exist. */
  readonly state: Uint8Array | undefined;
}

/** The JSON form of a record, as its bytes have it. */
export interface RecordBody extends Partial<TraceContext> {
  readonly position: number;
  readonly vm: string;
  readonly version: number;
  readonly time: string;
  readonly actor: string;
  readonly requestId: string;
  readonly model: string;
  readonly command: { readonly type: Command['type'] } & Readonly<Record<string, Json>>;
  /** The record of another VM that is one fact together with this one. */
  readonly counterpart?: RecordAt;
  /** The same where there are several. */
  readonly counterparts?: readonly RecordAt[];
  readonly outcome: { readonly ret: number; readonly errno?: Errno } & Readonly<Record<string, Json | undefined>>;
  readonly events: readonly ({ readonly type: Event['type'] } & Readonly<Record<string, Json>>)[];
  readonly data?: readonly Commitment[];
  readonly digests: { readonly state?: string };
}

/** Where a record of another VM is. */
export interface RecordAt {
  readonly vm: string;
  readonly position: number;
}

/** Facts that carry the bytes they stored. */
export const STORING: ReadonlySet<string> = new Set<Event['type']>([
  'memory_loaded',
  'memory_stored',
  'table_entries_set',
  'sida_stored',
  'storage_keys_set',
  'cmma_values_set',
  'guest_store_held',
  'memory_kept',
  'dirty_log_cleared',
]);

const decoder = new TextDecoder();

/** The records of other VMs that are one fact together with a record. */
export const counterpartsOf = ({ counterpart, counterparts = [] }: RecordBody): readonly RecordAt[] =>
  counterpart ? [counterpart] : counterparts;

/** Reads a record's bytes. */
export const parseBody = (bytes: Uint8Array): RecordBody => JSON.parse(decoder.decode(bytes)) as RecordBody;
