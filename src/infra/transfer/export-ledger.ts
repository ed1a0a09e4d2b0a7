import { createHash } from 'node:crypto';
import { erasableRoles } from '../../domain/audit/erasable.js';
import { parseBody } from '../../domain/audit/record.js';
import { erasureOf } from '../../domain/audit/remains.js';
import { TreeBuilder } from '../../domain/audit/tlog/tree-builder.js';
import { keyText } from '../../domain/audit/tlog/key.js';
import { leafHashOf, sameBytes } from '../../domain/audit/tlog/merkle.js';
import { noteText } from '../../domain/audit/tlog/note.js';
import { base64 } from '../../domain/json.js';
import { digester } from '../digester.js';
import { openForReading } from '../journal/connection.js';
import { knownVersion } from '../journal/migrate.js';
import type { SignedCheckpoint } from '../verify/trusted-checkpoints.js';
import { type Entry, FORMAT, FORMAT_VERSION, type Header, type Trailer, type Written } from './export-format.js';
import { type ExportRow, exportRows } from './export-rows.js';

/** The ledger is not the one that its checkpoints signed. */
export class NotSignedError extends Error {}

/** A ledger to be exported. */
export interface ExportOptions {
  readonly file: string;
  /** The checkpoints that go with it; their signatures are known to be right. */
  readonly checkpoints: readonly SignedCheckpoint[];
  readonly progress?: (done: number, total: number) => void;
}

/** Records between two reports of progress. */
const STRIDE = 256;

const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** The data beside a record in order of role, and what of it was erased. */
function dataOf({ bytes, data, remains }: ExportRow): NonNullable<Written<Entry>['data']> {
  const there = data.map(({ role, salt, bytes: content }) => ({
    role,
    salt: base64Of(salt),
    bytes: base64Of(content),
  }));
  if (erasureOf(remains) === undefined) return there;
  const gone = erasableRoles(parseBody(bytes)).filter((role) => !data.some((piece) => piece.role === role));
  const erased = gone.map((role) => ({ role, erased: true }) as const);
  return [...there, ...erased].sort((a, b) => (a.role < b.role ? -1 : 1));
}

const entryOf = (row: ExportRow, leafHash: Uint8Array): Written<Entry> => {
  const { position, bytes, elsewhere, remains } = row;
  const data = dataOf(row);
  return {
    position,
    record: base64Of(bytes),
    leafHash: base64Of(leafHash),
    ...(data.length > 0 && { data }),
    ...(elsewhere.length > 0 && { elsewhere: elsewhere.map(({ vm, frame }) => ({ vm, frame })) }),
    ...(remains.length > 0 && { remains: remains.map(({ erasure, vm, text }) => ({ erasure, vm, text })) }),
  };
};

/**
 * The lines of a ledger's export (export-format.ts), as of one moment, whether or not the ledger is served; in the memory of
 * a few records.
 *
 * @throws NotSignedError if the records are not those that a checkpoint signed
 */
export function* exportLines({ file, checkpoints, progress }: ExportOptions): Generator<string, undefined> {
  const hash = createHash('sha256');
  const written = (line: Written<Header | Entry>): string => {
    const text = `${JSON.stringify(line)}\n`;
    hash.update(text);
    return text;
  };
  const tree = new TreeBuilder(digester);
  const check = (): void => {
    for (const { size, root } of checkpoints)
      if (size === tree.size && !sameBytes(root, tree.root()))
        throw new NotSignedError(`the first ${size} records are not those that were signed; see vmledger verify`);
  };
  const db = openForReading({ file });
  try {
    db.exec('BEGIN');
    const version = knownVersion(db);
    const head = db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM records').pluck().get() ?? 0;
    const ahead = checkpoints.find(({ size }) => size > head);
    if (ahead) throw new NotSignedError(`${ahead.size} records were signed, and ${head} are there`);
    const notes = checkpoints.map(({ key, note }) => ({ key: keyText(key), note: noteText(note) }));
    yield written({ format: FORMAT, version: FORMAT_VERSION, records: head, checkpoints: notes });
    check();
    for (const row of exportRows(db, version, head)) {
      const leafHash = leafHashOf(row.bytes, digester);
      tree.push(leafHash);
      check();
      yield written(entryOf(row, leafHash));
      if (tree.size % STRIDE === 0) progress?.(tree.size, head);
    }
    const end: Written<Trailer> = { records: tree.size, root: base64(tree.root()), sha256: hash.digest('base64') };
    yield `${JSON.stringify(end)}\n`;
  } finally {
    db.close();
  }
}
