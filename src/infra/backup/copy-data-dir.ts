import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { VerifierKey } from '../../domain/audit/tlog/key.js';
import {
  CHECKPOINT_FILE,
  COSIGNED_FILE,
  IMPORTED_FOLDER,
  KEY_FILE,
  LEDGER_FILE,
  LOG_FOLDER,
  TOKENS_FILE,
  VKEY_FILE,
} from '../data-dir.js';
import { readIfThere, writeDurably } from '../durable-file.js';
import { importedFolders } from '../verify/imported.js';
import { type Trusted, trustedCheckpoints } from '../verify/trusted-checkpoints.js';
import { type VerifyReport, verifyLedger } from '../verify/verify-ledger.js';
import { type Progress, copyDatabase } from './copy-database.js';

/** What is copied, where to, and what it has to be. */
export interface CopyOptions {
  /** A data directory, of a service that runs or of none. */
  readonly from: string;
  /** Nothing may be there, or a directory with nothing in it. */
  readonly to: string;
  /** Whether the log goes along: its key, its name, and what it signed last. Otherwise the last is kept as evidence. */
  readonly log: boolean;
  /** Files of checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly string[];
  /** Whom to believe; the log's own key if absent. */
  readonly key?: VerifierKey | undefined;
  readonly copying?: Progress;
  readonly verifying?: Progress;
  /** Ends it; nothing is left then. */
  readonly signal?: AbortSignal;
}

/** Files of a log, and their modes. */
const LOG_FILES: readonly (readonly [name: string, mode: number])[] = [
  [COSIGNED_FILE, 0o644],
  [CHECKPOINT_FILE, 0o644],
  [KEY_FILE, 0o600],
  [VKEY_FILE, 0o644],
];

/** What shows that a log signed something. */
const EVIDENCE_FILES = LOG_FILES.filter(([name]) => name === CHECKPOINT_FILE || name === VKEY_FILE);

/** Where the copy is to be is something already. */
export class NotEmptyError extends Error {
  constructor(path: string) {
    super(`${path} is there already`);
  }
}

/**
 * Copies a data directory as it is at one moment, also while it is served, and verifies the copy. It is there under its name
 * only once it is whole, sound and on the disk; otherwise nothing is.
 *
 * @returns what the verification found; there is no copy if it found a flaw
 * @throws NotEmptyError; the file system's and SQLite's own errors
 */
export async function copyDataDir(options: CopyOptions): Promise<VerifyReport> {
  const to = resolve(options.to);
  if (!(await isFree(to))) throw new NotEmptyError(options.to);
  await mkdir(dirname(to), { recursive: true });
  // mkdtemp makes it with mode 700.
  const partial = await mkdtemp(join(dirname(to), `${basename(to)}.partial-`));
  try {
    const trusted = await takeLog(options, partial);
    await copyFiles(options, partial);
    const report = verified(options, partial, trusted);
    options.signal?.throwIfAborted();
    if (report.flaws.length === 0) await moveInto(partial, to);
    return report;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function isFree(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return true;
  return found.isDirectory() && (await readdir(path)).length === 0;
}

/**
 * Copies the log, or what it signed last as evidence, and that of logs before it; answers what they signed. Before the
 * ledger, so that all of it is in there.
 */
async function takeLog({ from, log, checkpoints = [], key }: CopyOptions, to: string): Promise<Trusted> {
  const earlier = importedFolders(from);
  const evidence = log ? earlier : [...earlier, join(from, LOG_FOLDER)];
  for (const [i, folder] of evidence.entries())
    await copyFolder(folder, join(to, IMPORTED_FOLDER, String(i + 1)), EVIDENCE_FILES);
  if (log) await copyFolder(join(from, LOG_FOLDER), join(to, LOG_FOLDER), LOG_FILES);
  return trustedCheckpoints(log ? to : from, checkpoints, key);
}

async function copyFiles({ from, copying, signal }: CopyOptions, to: string): Promise<void> {
  await copyDatabase(join(from, LEDGER_FILE), join(to, LEDGER_FILE), 0o600, (done, total) => {
    signal?.throwIfAborted();
    copying?.(done, total);
  });
  const tokens = await stat(join(from, TOKENS_FILE)).catch(() => undefined);
  if (tokens) await copyDatabase(join(from, TOKENS_FILE), join(to, TOKENS_FILE), 0o600);
}

async function copyFolder(from: string, to: string, files: typeof LOG_FILES): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 });
  for (const [name, mode] of files) {
    const text = await readIfThere(join(from, name));
    if (text !== undefined) await writeDurably(join(to, name), text, mode);
  }
}

function verified({ verifying: progress }: CopyOptions, copy: string, { checkpoints, flaws }: Trusted): VerifyReport {
  const report = verifyLedger({ file: join(copy, LEDGER_FILE), checkpoints, ...(progress && { progress }) });
  return { ...report, flaws: [...report.flaws, ...flaws] };
}

async function moveInto(partial: string, to: string): Promise<void> {
  await syncFolder(partial);
  await rename(partial, to);
  await syncFolder(dirname(to));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
