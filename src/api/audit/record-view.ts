import { toHex } from '../../domain/audit/bulk.js';
import { type RecordBody, parseBody } from '../../domain/audit/record.js';
import type { StoredRecord } from '../../infra/journal/journal.js';

/** A record as it is answered: what its bytes say, and their leaf hash. */
export type RecordView = RecordBody & { readonly leafHash: string };

export const recordView = ({ bytes, leafHash }: StoredRecord): RecordView => ({
  ...parseBody(bytes),
  leafHash: toHex(leafHash),
});
