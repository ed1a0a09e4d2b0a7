import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { APPLICATION_ID } from '../journal/migrate.js';

/** What the header of a ledger's file says at which byte (sqlite.org/fileformat2.html, section 1.3), in bytes or as one number. */
const FIELDS: Readonly<Record<string, readonly [at: number, ...forms: Buffer[]]>> = {
  'the format': [0, Buffer.from('SQLite format 3\0')],
  'the page size': [16, Buffer.of(0x10, 0)],
  'the versions for writing and reading': [18, Buffer.of(2, 2), Buffer.of(1, 1)],
  'the reserved space and the payload fractions': [20, Buffer.of(0, 64, 32, 32)],
  'the schema format': [44, Buffer.of(0, 0, 0, 4)],
  'the cache size, vacuum and text encoding': [48, Buffer.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  'the incremental vacuum': [64, Buffer.alloc(4)],
  'the application id': [68, Buffer.of(...Buffer.from(APPLICATION_ID.toString(16), 'hex'))],
  'what is reserved': [72, Buffer.alloc(20)],
};

const SIZE = 100;
const CHANGE_COUNTER = 24;
const VALID_FOR = 92;

/** The names of what is wrong in the header of a file that has nothing in a write-ahead log. */
export function headerFlaws(file: string): string[] {
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (wal !== undefined && wal.size > 0) return [];
  const header = Buffer.alloc(SIZE);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, header, 0, SIZE, 0);
  } finally {
    closeSync(fd);
  }
  const wrong = Object.entries(FIELDS).flatMap(([name, [at, ...forms]]) =>
    forms.some((bytes) => header.subarray(at, at + bytes.length).equals(bytes)) ? [] : [name],
  );
  const counted = header.readUInt32BE(CHANGE_COUNTER) === header.readUInt32BE(VALID_FOR);
  return counted ? wrong : [...wrong, 'the change counter'];
}
