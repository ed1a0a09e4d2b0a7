import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type VerifierKey, keyText, parseKey } from '../../domain/audit/tlog/key.js';
import { base64 } from '../../domain/json.js';
import { lockDataDir } from '../data-dir-lock.js';
import { CHECKPOINT_FILE, IMPORTED_FOLDER, LEDGER_FILE, LOCK_FILE, VKEY_FILE } from '../data-dir.js';
import { digester } from '../digester.js';
import { writeDurably } from '../durable-file.js';
import { type SignedCheckpoint, signedCheckpoint } from '../verify/trusted-checkpoints.js';
import type { Header } from './export-format.js';
import { ExportReader } from './export-reader.js';
import { LedgerBuilder, RecordError } from './ledger-builder.js';
import { LineError } from './lines.js';

/** The data directory is not one to import into. */
export class NotEmptyError extends Error {}

/** An export to be imported. */
export interface ImportOptions {
  /** Made if absent; must be empty. */
  readonly dataDir: string;
  /** The export's bytes, unpacked. */
  readonly from: AsyncIterable<Uint8Array>;
  /** Whose checkpoint there must be among those that came along; nobody's if absent. */
  readonly key?: VerifierKey;
  readonly progress?: (done: number, total: number) => void;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** What was imported. */
export interface ImportReport {
  readonly records: number;
  /** The root of the tree, in base64 as checkpoints have it. */
  readonly root: string;
  /** Records that are under one of the checkpoints that came along. */
  readonly signed: number;
}

/** Where a ledger is until it is whole. */
const BUILDING = 'importing';

/** What may be in a data directory that is empty: its lock, and what an import that was cut off left behind. */
const isNothing = (name: string): boolean => name === BUILDING || name.startsWith(LOCK_FILE);

/** Records between two reports of progress. */
const STRIDE = 256;

async function assertEmpty(dataDir: string): Promise<void> {
  const found = (await readdir(dataDir)).find((name) => !isNothing(name));
  if (found !== undefined) throw new NotEmptyError(`${dataDir} is not empty: ${found} is there`);
}

/** The checkpoints that an export came with; each must be signed by its key. */
function checkpointsOf({ checkpoints, records }: Header, wanted: VerifierKey | undefined): SignedCheckpoint[] {
  const found = checkpoints.map(({ key: text, note }, i) => {
    const name = `checkpoint ${i + 1}`;
    const key = parseKey(text, digester);
    if (key?.type !== 'ed25519') throw new LineError(1, `the key of ${name} is not the vkey of a log`);
    const checkpoint = signedCheckpoint(name, note, key);
    if ('what' in checkpoint) throw new LineError(1, checkpoint.detail);
    if (checkpoint.size > records) throw new LineError(1, `${name} is of ${checkpoint.size} records`);
    return checkpoint;
  });
  if (wanted && !found.some(({ key }) => keyText(key) === keyText(wanted)))
    throw new LineError(1, `there is no checkpoint of ${keyText(wanted)}`);
  return found;
}

/** The records into the ledger's file. */
async function fill(
  builder: LedgerBuilder,
  reader: ExportReader,
  header: Header,
  options: ImportOptions,
): Promise<void> {
  try {
    for await (const entry of reader.entries(header)) {
      options.signal?.throwIfAborted();
      builder.add(entry);
      if (builder.size % STRIDE === 0) options.progress?.(builder.size, header.records);
    }
    builder.finish();
  } catch (error) {
    // The header is the first line.
    throw error instanceof RecordError ? new LineError(error.position + 1, error.message) : error;
  }
  await reader.trailer(builder.size, builder.root());
}

/** Makes the ledger of an export in a folder, and what was signed of it beside it. */
async function build(folder: string, options: ImportOptions): Promise<ImportReport> {
  const reader = new ExportReader(options.from);
  const header = await reader.header();
  const builder = new LedgerBuilder(join(folder, LEDGER_FILE), checkpointsOf(header, options.key));
  try {
    await fill(builder, reader, header, options);
  } finally {
    builder.close();
  }
  for (const [i, { key, note }] of header.checkpoints.entries()) {
    const evidence = join(folder, IMPORTED_FOLDER, String(i + 1));
    await mkdir(evidence, { recursive: true });
    await writeDurably(join(evidence, VKEY_FILE), `${key}\n`);
    await writeDurably(join(evidence, CHECKPOINT_FILE), note);
  }
  return { records: builder.size, root: base64(builder.root()), signed: builder.signedSize };
}

/** Puts what was made in its place, the ledger last: a directory that has one has it whole. */
async function install(dataDir: string): Promise<void> {
  for (const name of [IMPORTED_FOLDER, LEDGER_FILE])
    if (existsSync(join(dataDir, BUILDING, name))) await rename(join(dataDir, BUILDING, name), join(dataDir, name));
  const folder = await open(dataDir, 'r');
  await folder.sync().finally(() => folder.close());
}

/**
 * Makes the ledger of an export in an empty data directory: the same records at the same positions, with the same hashes and
 * proofs, and everything that is derived from them made anew. All or nothing: until it is whole there is no ledger there.
 *
 * @throws LineError if the export is not whole, not sound, or not what was signed; NotEmptyError; DataDirInUseError
 */
export async function importLedger(options: ImportOptions): Promise<ImportReport> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await assertEmpty(dataDir);
  const unlock = lockDataDir(dataDir);
  const building = join(dataDir, BUILDING);
  try {
    await assertEmpty(dataDir);
    await rm(building, { recursive: true, force: true });
    await mkdir(building);
    const report = await build(building, options);
    await install(dataDir);
    return report;
  } finally {
    await rm(building, { recursive: true, force: true });
    unlock();
  }
}
