import { HOST_ACCESS_MAX } from '../../shapes/memory.js';
import type { BulkByRole } from '../open-record.js';
import type { RecordBody } from '../record.js';

/** Stands for bytes that nobody looks at. */
const HOLLOW = new Uint8Array(HOST_ACCESS_MAX);

const hollow = (size: number): Uint8Array => (size <= HOLLOW.length ? HOLLOW.subarray(0, size) : new Uint8Array(size));

/** Whether the data beside a record have to be read to know which memory it touched. */
export const needsBulk = ({ data = [] }: RecordBody): boolean => data.some(({ form }) => form === 'json');

/**
 * The bulk data of a record for whoever wants to know how long each piece is, and not what is in it: JSON as it is, and zeros in
 * the place of bytes, so that an index of 16 MiB written costs nothing.
 *
 * @param read the data beside the record; it need not have bytes
 */
export const hollowBulk = ({ data = [] }: RecordBody, read: BulkByRole): BulkByRole =>
  new Map(data.map(({ role, form, size }) => [role, form === 'json' ? (read.get(role) ?? hollow(0)) : hollow(size)]));
