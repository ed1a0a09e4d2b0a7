import { type Hashing, sameBytes } from './merkle.js';
import { type VerifierKey, parseKey } from './key.js';

/** Someone who sees to it that a log only grows. */
export interface Witness {
  readonly key: VerifierKey;
  /** Where checkpoints are submitted to it: the prefix of `add-checkpoint` (C2SP tlog-witness). */
  readonly url?: string;
}

/** Who must have cosigned: one witness, or `least` of some others. */
type Quorum = { readonly witness: Witness } | { readonly least: number; readonly members: readonly Quorum[] };

/** Which checkpoints count (C2SP tlog-policy). */
export interface Policy {
  readonly witnesses: readonly Witness[];
  readonly quorum: Quorum;
}

const NONE: Quorum = { least: 0, members: [] };

/** The policy that asks for nobody's cosignature. */
export const NO_WITNESSES: Policy = { witnesses: [], quorum: NONE };

/** A policy file does not say what a policy says; the message names the line. */
export class PolicyError extends Error {}

/** How many of a group's members are enough: a word for it, or the number itself. */
function leastOf(threshold: string, members: number): number {
  if (threshold === 'any') return 1;
  if (threshold === 'all') return members;
  return /^\d+$/.test(threshold) ? Number(threshold) : 0;
}

/** Lines of a policy while they are read. */
class Reader {
  readonly witnesses: Witness[] = [];
  quorum: Quorum | undefined;
  private readonly names = new Map<string, Quorum>();
  private readonly members = new Set<string>();

  constructor(private readonly hashing: Hashing) {}

  /** What each kind of line does with its items; each throws if the line is wrong. */
  readonly lines: ReadonlyMap<string, (items: readonly string[]) => void> = new Map(
    Object.entries({
      log: ([vkey = '', _url, ...rest]: readonly string[]) => {
        this.key(vkey, 'ed25519');
        none(rest);
      },
      witness: ([name = '', vkey = '', url, ...rest]: readonly string[]) => {
        const key = this.key(vkey, 'cosignature');
        const known = this.witnesses.some((other) => sameBytes(other.key.publicKey, key.publicKey));
        if (known) throw new PolicyError('this key has been given already');
        if (url !== undefined && !URL.canParse(url)) throw new PolicyError(`${url} is not a URL`);
        const witness: Witness = { key, ...(url !== undefined && { url }) };
        none(rest);
        this.define(name, { witness });
        this.witnesses.push(witness);
      },
      group: ([name = '', threshold = '', ...names]: readonly string[]) => {
        const least = leastOf(threshold, names.length);
        if (least < 1 || least > names.length) throw new PolicyError(`"${threshold}" of ${names.length} cannot be`);
        const members = names.map((member) => {
          if (this.members.has(member)) throw new PolicyError(`${member} is a member already`);
          this.members.add(member);
          return this.find(member);
        });
        this.define(name, { least, members });
      },
      quorum: ([name = '', ...rest]: readonly string[]) => {
        none(rest);
        if (this.quorum) throw new PolicyError('there is a quorum already');
        this.quorum = name === 'none' ? NONE : this.find(name);
      },
    }),
  );

  private key(vkey: string, type: VerifierKey['type']): VerifierKey {
    const key = parseKey(vkey, this.hashing);
    if (key?.type !== type) throw new PolicyError(`"${vkey}" is not a vkey of type ${type}`);
    return key;
  }

  private find(name: string): Quorum {
    const found = this.names.get(name);
    if (found === undefined) throw new PolicyError(`"${name}" is not defined above`);
    return found;
  }

  private define(name: string, quorum: Quorum): void {
    if (name === '' || name === 'none' || this.names.has(name))
      throw new PolicyError(`"${name}" cannot be a name here`);
    this.names.set(name, quorum);
  }
}

function none(items: readonly string[]): void {
  if (items.length > 0) throw new PolicyError(`"${items.join(' ')}" is too much`);
}

/**
 * Reads a policy file (C2SP tlog-policy, "Policy file syntax and structure").
 *
 * @throws PolicyError, which names the line
 */
export function parsePolicy(text: string, hashing: Hashing): Policy {
  const reader = new Reader(hashing);
  text.split('\n').forEach((line, i) => {
    const [kind, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (kind === undefined || kind.startsWith('#')) return;
    try {
      const read = reader.lines.get(kind);
      if (read === undefined) throw new PolicyError(`"${kind}" is not known`);
      read(items);
    } catch (error) {
      throw error instanceof PolicyError ? new PolicyError(`line ${i + 1}: ${error.message}`) : error;
    }
  });
  if (reader.quorum === undefined) throw new PolicyError('there is no line that begins with quorum');
  return { witnesses: reader.witnesses, quorum: reader.quorum };
}

/** Whether those who cosigned are enough. */
export function hasQuorum({ quorum }: Policy, cosigned: (key: VerifierKey) => boolean): boolean {
  const meets = (wanted: Quorum): boolean =>
    'witness' in wanted ? cosigned(wanted.witness.key) : wanted.members.filter(meets).length >= wanted.least;
  return meets(quorum);
}
