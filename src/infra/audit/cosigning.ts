import { type Checkpoint, parseCheckpoint, signatureOf } from '../../domain/audit/tlog/checkpoint.js';
import { type VerifierKey, sameKey } from '../../domain/audit/tlog/key.js';
import { type NoteSignature, noteText } from '../../domain/audit/tlog/note.js';
import { type Policy, hasQuorum } from '../../domain/audit/tlog/policy.js';
import { ed25519Verify } from './ed25519.js';

/** Checkpoints that cosignatures are collected for at once, the newest ones. */
const MOST_PENDING = 100;

/** Collects the cosignatures of checkpoints until a policy has its quorum. */
export class Cosigning {
  /** Checkpoints by their text, oldest first, with the cosignatures so far. */
  private readonly pending = new Map<string, Checkpoint>();

  constructor(
    private readonly logKey: VerifierKey,
    private readonly policy: Policy,
  ) {}

  /**
   * A checkpoint of the log with the log's signature, the cosignatures that are known of it, and those of `signatures` that
   * are by witnesses of the policy, and right.
   */
  add(checkpoint: Checkpoint, signatures: readonly NoteSignature[]): Checkpoint {
    const { text } = checkpoint.note;
    let merged = this.pending.get(text) ?? this.bare(checkpoint);
    for (const signature of signatures) merged = this.with(merged, signature);
    this.pending.delete(text);
    this.pending.set(text, merged);
    for (const oldest of this.pending.keys()) if (this.pending.size > MOST_PENDING) this.pending.delete(oldest);
    return merged;
  }

  /** Whether enough witnesses cosigned a checkpoint. */
  isEnough(checkpoint: Checkpoint): boolean {
    return hasQuorum(this.policy, (key) => signatureOf(checkpoint, key, ed25519Verify) === 'valid');
  }

  /** The witnesses that cosigned a checkpoint. */
  witnessesOf(checkpoint: Checkpoint): VerifierKey[] {
    const keys = this.policy.witnesses.map(({ key }) => key);
    return keys.filter((key) => signatureOf(checkpoint, key, ed25519Verify) === 'valid');
  }

  private bare(checkpoint: Checkpoint): Checkpoint {
    const signatures = checkpoint.note.signatures.filter((signature) => sameKey(signature, this.logKey));
    return { ...checkpoint, note: { ...checkpoint.note, signatures: signatures.slice(0, 1) } };
  }

  private with(checkpoint: Checkpoint, signature: NoteSignature): Checkpoint {
    const witness = this.policy.witnesses.find(({ key }) => sameKey(key, signature));
    if (witness === undefined) return checkpoint;
    const others = checkpoint.note.signatures.filter((other) => !sameKey(other, signature));
    const note = { ...checkpoint.note, signatures: [...others, signature] };
    const cosigned = parseCheckpoint(noteText(note));
    return cosigned && signatureOf(cosigned, witness.key, ed25519Verify) === 'valid' ? cosigned : checkpoint;
  }
}
