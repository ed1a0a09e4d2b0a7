import { readFileSync } from 'node:fs';

/** An entry that has a new value afterwards, in hex. */
export interface Changed {
  readonly gpa: string;
  readonly level: number;
  readonly entry: string;
}

/** What a walk comes to: an address, or a fault and, where it is clear, what the walk stopped at. */
export interface Expected {
  readonly valid: boolean;
  readonly pa?: string;
  readonly errorCode?: number;
  readonly entryPa?: string;
  readonly denying?: readonly string[];
  readonly unbackedPage?: string;
  readonly setBits?: boolean;
}

type Access = 'write' | 'user' | 'exec';
type Flag = 'setAccessed' | 'setDirty' | 'forceSetAccessed';

/** One translation. */
export interface Case {
  readonly id: string;
  readonly gva: string;
  readonly access: readonly Access[];
  readonly flags: readonly Flag[];
  readonly expect: Expected;
  readonly after?: readonly Changed[];
  /** Entries whose accessed bit may be set or not. */
  readonly either?: readonly string[];
  /** What KVM_TRANSLATE2 answers where it differs, since it judges rights on every level. */
  readonly perLevel?: { readonly errorCode: number; readonly entryPa: string; readonly after?: readonly Changed[] };
}

/** Translations, each on the group's own memory. */
export interface Group {
  readonly group: string;
  readonly mode: '32bit' | 'pae' | '4level' | '5level' | 'nopaging';
  readonly memoryMiB: number;
  readonly maxphyaddr: number;
  readonly cpuid: { readonly pdpe1gb: boolean };
  readonly image: readonly { readonly gpa: string; readonly hex: string }[];
  readonly sregs: { readonly cr0: string; readonly cr3: string; readonly cr4: string; readonly efer: string };
  readonly rflags: string;
  readonly cases: readonly Case[];
}

const file = new URL('../vectors/x86-walk.json', import.meta.url);

/** Page walks as an x86 CPU and KVM did them. */
export const groups = JSON.parse(readFileSync(file, 'utf8')) as Group[];

const FLAGS = {
  setAccessed: 'set_accessed',
  setDirty: 'set_dirty',
  forceSetAccessed: 'force_set_accessed',
} as const;

/** The flags of a case by the names that requests have. */
export const flagsOf = ({ flags }: Case) => flags.map((flag) => FLAGS[flag]);

/** The outcome of KVM_TRANSLATE2: as the CPU had it, but for what it judges on the way. */
export function expectedOf({ expect: expected, perLevel, after = [] }: Case): Expected & { after: readonly Changed[] } {
  if (perLevel === undefined) return { ...expected, after };
  const { errorCode, entryPa } = perLevel;
  const { setBits } = expected;
  const outcome = { valid: false, errorCode, entryPa, after: perLevel.after ?? after };
  return setBits === undefined ? outcome : { ...outcome, setBits };
}
