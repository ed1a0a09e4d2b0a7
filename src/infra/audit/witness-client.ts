import { setTimeout as sleep } from 'node:timers/promises';
import { type Checkpoint } from '../../domain/audit/tlog/checkpoint.js';
import { noteText, parseSignatures } from '../../domain/audit/tlog/note.js';
import type { NoteSignature } from '../../domain/audit/tlog/note.js';
import type { Witness } from '../../domain/audit/tlog/policy.js';
import { type Tree, consistencyProof } from '../../domain/audit/tlog/proof.js';
import { hashLines } from '../../domain/audit/tlog/tlog-proof.js';

/** A witness that can be asked. */
export type ReachableWitness = Witness & { readonly url: string };

/** What a client of a witness needs of its log. */
export interface WitnessedLog {
  readonly tree: Tree;
  /** The checkpoint that should be cosigned now. */
  readonly newest: () => Checkpoint;
  /** Takes what the witness answered. */
  readonly take: (checkpoint: Checkpoint, signatures: readonly NoteSignature[]) => Promise<void>;
  /** Tells the operator what went wrong. */
  readonly report: (message: string) => void;
}

/** Milliseconds after which an answer is not waited for, and until a witness that failed is asked again. */
const PATIENCE = 10_000;
const PAUSE = 5_000;

/** Answers to one checkpoint at most: the first tells which tree the witness knows. */
const TRIES = 3;

/** Asks one witness to cosign, always the newest checkpoint and one at a time (C2SP tlog-witness, "add-checkpoint"). */
export class WitnessClient {
  /** The size of the tree that the witness cosigned last. */
  private known = 0;
  private done = -1;
  private busy: Promise<void> | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly witness: ReachableWitness,
    private readonly log: WitnessedLog,
  ) {}

  /** There is a new checkpoint. */
  wake(): void {
    this.busy ??= this.work().finally(() => (this.busy = undefined));
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.busy;
  }

  private isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  private async work(): Promise<void> {
    const { signal } = this.closing;
    while (!this.isClosed() && this.log.newest().size > this.done) {
      try {
        await this.submit(this.log.newest());
      } catch (error) {
        if (this.isClosed()) return;
        this.log.report(
          `the witness ${this.witness.key.name}: ${error instanceof Error ? error.message : String(error)}`,
        );
        await sleep(PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private async submit(checkpoint: Checkpoint): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const response = await this.post(checkpoint);
      const answer = await response.text();
      if (response.status === 409 && /^\d{1,15}\n$/.test(answer) && Number(answer) <= checkpoint.size) {
        this.known = Number(answer);
        continue;
      }
      const signatures = response.status === 200 ? parseSignatures(answer) : undefined;
      if (signatures === undefined) throw new Error(`it answered ${response.status} ${answer.slice(0, 200)}`);
      this.known = checkpoint.size;
      this.done = checkpoint.size;
      await this.log.take(checkpoint, signatures);
      return;
    }
    throw new Error('it does not say of which tree it wants a proof');
  }

  private post(checkpoint: Checkpoint): Promise<Response> {
    const proof = consistencyProof(this.known, checkpoint.size, this.log.tree);
    return fetch(`${this.witness.url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      body: `old ${this.known}\n${hashLines(proof)}\n${noteText(checkpoint.note)}`,
      signal: AbortSignal.any([this.closing.signal, AbortSignal.timeout(PATIENCE)]),
    });
  }
}
