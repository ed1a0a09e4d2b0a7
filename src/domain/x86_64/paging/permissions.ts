import { CR0, CR4, EFER, type PagingRegisters, RFLAGS_AC, isSet } from '../vcpu/control.js';

/** Kinds of access by ABI bit (struct kvm_translation2); none of them is a supervisor read. */
export const ACCESS = { write: 1, user: 2, exec: 4 } as const;

/** Rights that entries grant; what one level does not grant, none below it does. */
export const RIGHT = { exec: 1, write: 2, user: 4 } as const;

/** All rights: what holds before the first entry. */
export const ALL_RIGHTS = RIGHT.exec | RIGHT.write | RIGHT.user;

/** What decides about rights beside the entries. */
export interface Controls {
  readonly wp: boolean;
  readonly nxe: boolean;
  readonly smep: boolean;
  /** CR4.SMAP without EFLAGS.AC. */
  readonly smap: boolean;
  /** CR4.PKE in long mode. */
  readonly pke: boolean;
  /** 32 bits, two a key. */
  readonly pkru: number;
}

/** The controls that registers set (x86-translate section 3). */
export const controlsOf = ({ cr0, cr4, efer, rflags, pkru }: PagingRegisters): Controls => ({
  wp: isSet(cr0, CR0.wp),
  nxe: isSet(efer, EFER.nxe),
  smep: isSet(cr4, CR4.smep),
  smap: isSet(cr4, CR4.smap) && !isSet(rflags, RFLAGS_AC),
  pke: isSet(cr4, CR4.pke) && isSet(efer, EFER.lma),
  pkru,
});

/** An access and what the entries down to here grant it. */
export interface Attempt {
  readonly access: number;
  readonly rights: number;
  readonly controls: Controls;
  /** The protection key of the page. */
  readonly key: number;
}

const asks = ({ access }: Attempt, kind: keyof typeof ACCESS): boolean => (access & ACCESS[kind]) !== 0;
const has = ({ rights }: Attempt, right: keyof typeof RIGHT): boolean => (rights & RIGHT[right]) !== 0;

/** Whether writes are held to RW bits: those of users always, those of supervisors with CR0.WP. */
const writesChecked = (attempt: Attempt): boolean => asks(attempt, 'user') || attempt.controls.wp;

const isSupervisorOnUserPage = (attempt: Attempt): boolean => !asks(attempt, 'user') && has(attempt, 'user');

/** Access-disable and write-disable bits of a protection key. */
const pkruOf = ({ controls, key }: Attempt): number => (controls.pkru >>> (2 * key)) & 3;

/** A rule about rights: what it demands, where it is looked at, and whether an attempt breaks it. */
interface Rule {
  readonly check: string;
  readonly at: 'every_level' | 'leaf';
  readonly fails: (attempt: Attempt) => boolean;
}

/** The rules (x86-translate section 8; update_permission_bitmask, update_pkru_bitmask, permission_fault). */
export const RULES = {
  user: {
    check: 'a user access needs US=1 on every level',
    at: 'every_level',
    fails: (a) => asks(a, 'user') && !has(a, 'user'),
  },
  write: {
    check: 'a write needs RW=1 on every level, unless it is a supervisor write with CR0.WP=0',
    at: 'every_level',
    fails: (a) => asks(a, 'write') && !has(a, 'write') && writesChecked(a),
  },
  execute: {
    check: 'a fetch needs NX=0 on every level with EFER.NXE=1',
    at: 'every_level',
    fails: (a) => asks(a, 'exec') && !has(a, 'exec') && a.controls.nxe,
  },
  smep: {
    check: 'a supervisor must not fetch from a user page with CR4.SMEP=1',
    at: 'leaf',
    fails: (a) => asks(a, 'exec') && isSupervisorOnUserPage(a) && a.controls.smep,
  },
  smap: {
    check: 'a supervisor must not read or write a user page with CR4.SMAP=1 and EFLAGS.AC=0',
    at: 'leaf',
    fails: (a) => !asks(a, 'exec') && isSupervisorOnUserPage(a) && a.controls.smap,
  },
  pku: {
    check: 'PKRU must allow the protection key of a user page with CR4.PKE=1',
    at: 'leaf',
    fails: (a) => {
      if (asks(a, 'exec') || !has(a, 'user') || !a.controls.pke) return false;
      const denied = pkruOf(a);
      return (denied & 1) !== 0 || (denied === 2 && asks(a, 'write') && writesChecked(a));
    },
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/**
 * Where rules are looked at: `documented` as the table says; `kernel` all of them on every level, with key 0, since the
 * posted code judges partial rights and has not read the key yet; `hardware` all of them on the leaf, as CPUs and KVM's own
 * walks do.
 */
export type Reading = 'documented' | 'kernel' | 'hardware';

const NAMES = Object.keys(RULES) as RuleName[];

/** The rules that are looked at above the leaf. */
const ABOVE: { readonly [Each in Reading]: readonly RuleName[] } = {
  documented: NAMES.filter((name) => RULES[name].at === 'every_level'),
  kernel: NAMES,
  hardware: [],
};

/**
 * The first rule that an access breaks at an entry, if any.
 *
 * @param leaf whether the entry maps the page
 * @param attempt with the protection key in the entry
 */
export function brokenRule(reading: Reading, leaf: boolean, attempt: Attempt): RuleName | undefined {
  const judged = reading === 'kernel' && attempt.key !== 0 ? { ...attempt, key: 0 } : attempt;
  for (const name of leaf ? NAMES : ABOVE[reading]) if (RULES[name].fails(judged)) return name;
  return undefined;
}

/** The rules as tables for walks in a hurry, each with a row for each of the 8 combinations of access bits. */
export interface Denials {
  /** Bit n: denied at an entry above the leaf if the rights are n. */
  readonly above: Uint8Array;
  /** The same at the leaf, protection keys aside. */
  readonly leaf: Uint8Array;
  /** Which of the two PKRU bits of the leaf's key deny the access to a user page. */
  readonly keys: Uint8Array;
}

const COMBINATIONS = Array.from({ length: 8 }, (_, i) => i);

/** Tabulates the rules for one setting of the controls. */
export function denialsOf(reading: Reading, controls: Controls): Denials {
  const keyless = { ...controls, pke: false };
  const bitmap = (leaf: boolean, { pke, ...rest }: Controls) =>
    Uint8Array.from(COMBINATIONS, (access) =>
      COMBINATIONS.reduce((denied, rights) => {
        const attempt = { access, rights, controls: { ...rest, pke }, key: 0 };
        return brokenRule(reading, leaf, attempt) === undefined ? denied : denied | (1 << rights);
      }, 0),
    );
  const byKey = (access: number): number =>
    [1, 2]
      .filter((pkru) => RULES.pku.fails({ access, rights: ALL_RIGHTS, controls: { ...controls, pkru }, key: 0 }))
      .reduce((mask, bit) => mask | bit, 0);
  if (reading === 'kernel') {
    const table = bitmap(true, controls);
    return { above: table, leaf: table, keys: new Uint8Array(8) };
  }
  return { above: bitmap(false, keyless), leaf: bitmap(true, keyless), keys: Uint8Array.from(COMBINATIONS, byKey) };
}
