import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BehaviorSubject, filter, firstValueFrom, takeUntil, timer } from 'rxjs';
import { type Checkpoint, checkpointText, signatureOf } from '../../domain/audit/tlog/checkpoint.js';
import type { VerifierKey } from '../../domain/audit/tlog/key.js';
import { sameBytes } from '../../domain/audit/tlog/merkle.js';
import { type NoteSignature, noteText } from '../../domain/audit/tlog/note.js';
import { NO_WITNESSES, type Policy } from '../../domain/audit/tlog/policy.js';
import { type Tree, rootAt } from '../../domain/audit/tlog/proof.js';
import { CHECKPOINT_FILE, COSIGNED_FILE, LOG_FOLDER } from '../data-dir.js';
import { writeDurably } from '../durable-file.js';
import type { Journal } from '../journal/journal.js';
import { readCheckpoint } from './checkpoint-files.js';
import { Cosigning } from './cosigning.js';
import { ed25519Verify } from './ed25519.js';
import { LogForkError } from './log-fork.js';
import { type LogSigner, openLogKey } from './log-key.js';
import { type ReachableWitness, WitnessClient } from './witness-client.js';

/**
 * Milliseconds from one look at the journal to the next: every record is under a checkpoint within a second, also where a busy
 * machine takes a while to sign and to write it.
 */
const INTERVAL = 500;

/** How the log is kept. */
export interface LogOptions {
  /** What a new log is called; after its key if absent. */
  readonly origin?: string;
  /** Who must cosign a checkpoint before it is published; nobody if absent. */
  readonly policy?: Policy;
  /** Tells the operator what went wrong. */
  readonly report?: (message: string) => void;
}

/** Signs the journal's tree: a checkpoint when there are new records, `INTERVAL` apart, and one at the end. */
export class TransparencyLog {
  private readonly cosigning: Cosigning;
  private readonly isWitnessed: boolean;
  private readonly witnesses: readonly WitnessClient[];
  private readonly timer: NodeJS.Timeout;
  private signing: Promise<void> = Promise.resolve();
  private storing: Promise<void> = Promise.resolve();
  private readonly report: (message: string) => void;
  private reported = '';
  private readonly published: BehaviorSubject<Checkpoint | undefined>;

  private constructor(
    private readonly folder: string,
    private readonly signer: LogSigner,
    private readonly journal: Journal,
    readonly tree: Tree,
    private latest: Checkpoint,
    cosigned: Checkpoint | undefined,
    { policy = NO_WITNESSES, report = () => undefined }: LogOptions,
  ) {
    this.report = report;
    this.cosigning = new Cosigning(signer.key, policy);
    this.isWitnessed = policy.witnesses.length > 0;
    this.published = new BehaviorSubject(this.cosigning.isEnough(latest) ? latest : cosigned);
    const log = {
      tree,
      newest: () => this.latest,
      take: async (checkpoint: Checkpoint, signatures: readonly NoteSignature[]) => {
        await this.collect(checkpoint, signatures);
      },
      report,
    };
    this.witnesses = policy.witnesses
      .filter((witness): witness is ReachableWitness => witness.url !== undefined)
      .map((witness) => new WitnessClient(witness, log));
    this.timer = setInterval(() => void this.tick(), INTERVAL).unref();
    for (const witness of this.witnesses) witness.wake();
  }

  /**
   * Opens the log of a journal, with a new key if it has none, and signs what the journal holds.
   *
   * @throws LogForkError if the journal does not begin with what was signed; LogKeyError
   */
  static async open(dataDir: string, journal: Journal, tree: Tree, options: LogOptions = {}): Promise<TransparencyLog> {
    const folder = join(dataDir, LOG_FOLDER);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const signer = await openLogKey(folder, options.origin);
    const known = await readCheckpoint(join(folder, CHECKPOINT_FILE), signer.key, options.report);
    const cosigned = await readCheckpoint(join(folder, COSIGNED_FILE), signer.key);
    const size = await journal.head();
    for (const signed of [known, cosigned]) if (signed) assertBegins(tree, size, signed);
    const latest = known?.size === size ? known : sign(signer, tree, size);
    if (latest !== known) await writeDurably(join(folder, CHECKPOINT_FILE), noteText(latest.note));
    return new TransparencyLog(folder, signer, journal, tree, latest, cosigned, options);
  }

  /** The key that the log's checkpoints are verified with; its name is the log's origin. */
  get key(): VerifierKey {
    return this.signer.key;
  }

  /** The newest checkpoint, with whatever cosignatures it has. */
  newest(): Checkpoint {
    return this.latest;
  }

  /** The newest checkpoint that enough witnesses cosigned; undefined if there is none yet. */
  checkpoint(): Checkpoint | undefined {
    return this.published.value;
  }

  /** A published checkpoint of at least `size` records, waited for a while; undefined if none came. */
  covering(size: number, patience: number): Promise<Checkpoint | undefined> {
    const enough = filter((checkpoint?: Checkpoint) => checkpoint !== undefined && checkpoint.size >= size);
    return firstValueFrom(this.published.pipe(enough, takeUntil(timer(patience))), { defaultValue: undefined });
  }

  /**
   * Takes the cosignatures of a checkpoint that this log signed; those that are not by a witness of the policy, or not
   * right, count for nothing.
   *
   * @returns the witnesses that cosigned it, as far as is known; undefined if it is not a checkpoint of this log
   */
  async cosign(checkpoint: Checkpoint): Promise<VerifierKey[] | undefined> {
    if (signatureOf(checkpoint, this.key, ed25519Verify) !== 'valid') return undefined;
    return this.cosigning.witnessesOf(await this.collect(checkpoint, checkpoint.note.signatures));
  }

  /** Signs what is not signed yet, if that can be, and ends. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.tick();
    await Promise.all(this.witnesses.map((witness) => witness.close()));
    this.published.complete();
  }

  /** Signs what is new. What goes wrong is told once, and tried again the next time. */
  private async tick(): Promise<void> {
    try {
      await this.sign();
      this.reported = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.reported) this.report(`no checkpoint was signed: ${message}`);
      this.reported = message;
    }
  }

  private sign(): Promise<void> {
    const signNewest = () => this.signNewest();
    this.signing = this.signing.then(signNewest, signNewest);
    return this.signing;
  }

  private async signNewest(): Promise<void> {
    const size = await this.journal.head();
    if (size === this.latest.size) return;
    assertBegins(this.tree, size, this.latest);
    const signed = sign(this.signer, this.tree, size);
    await this.store(CHECKPOINT_FILE, signed);
    this.latest = signed;
    await this.publish(signed);
    for (const witness of this.witnesses) witness.wake();
  }

  private async collect(checkpoint: Checkpoint, signatures: readonly NoteSignature[]): Promise<Checkpoint> {
    const cosigned = this.cosigning.add(checkpoint, signatures);
    if (cosigned.note.text === this.latest.note.text) this.latest = cosigned;
    await this.publish(cosigned);
    return cosigned;
  }

  /** Publishes a checkpoint that has its quorum, unless a larger one is published. */
  private async publish(checkpoint: Checkpoint): Promise<void> {
    if (!this.cosigning.isEnough(checkpoint) || checkpoint.size < (this.checkpoint()?.size ?? 0)) return;
    this.published.next(checkpoint);
    if (this.isWitnessed) await this.store(COSIGNED_FILE, checkpoint);
  }

  /** Writes a checkpoint to a file, after those before it. */
  private store(name: string, { note }: Checkpoint): Promise<void> {
    const write = () => writeDurably(join(this.folder, name), noteText(note));
    this.storing = this.storing.then(write, write);
    return this.storing;
  }
}

function sign({ key, sign }: LogSigner, tree: Tree, size: number): Checkpoint {
  const body = { origin: key.name, size, root: rootAt(size, tree) };
  const text = checkpointText(body);
  return { ...body, note: { text, signatures: [sign(text)] } };
}

/** @throws LogForkError unless the journal's first records are those that a checkpoint signed */
function assertBegins(tree: Tree, size: number, signed: Checkpoint): void {
  const detail =
    signed.size > size
      ? `it has ${size} records, and ${signed.size} were signed`
      : sameBytes(rootAt(signed.size, tree), signed.root)
        ? undefined
        : `its first ${signed.size} records are not those that were signed`;
  if (detail !== undefined) throw new LogForkError(`the journal is not the one of its log: ${detail}`);
}
