import { isGood } from '../../introspection/tokens.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Counterpart, done, refused } from '../../vm/decision.js';
import type { X86Vm } from '../../vm/state.js';

/**
 * The lender's half of MEM_MAP: the token is used up, and a page lent unless something refuses that. Reply: `cause` of a
 * refusal. ENOENT if the token is not there.
 */
export const lendPage: Decider<'lend_page', X86Vm> = (vm, { token, time, borrower, page, borrowerPage, refusal }) => {
  if (!isGood(vm.introspection?.tokens, token, time)) return refused('ENOENT');
  const spent = { type: 'map_token_spent', token } as const;
  if (refusal !== undefined || page === undefined || borrowerPage === undefined)
    return done([spent], refusal === undefined ? {} : { cause: refusal });
  return done([spent, { type: 'page_lent', page, borrower, borrowerPage }]);
};

/** The lender's half of MEM_UNMAP. ENOENT if the page is not lent so. */
export const returnPage: Decider<'return_page', X86Vm> = (vm, { page, borrower, borrowerPage }) => {
  const lent = vm.lent?.some(
    (each) => each.page === page && each.borrower === borrower && each.borrowerPage === borrowerPage,
  );
  return lent ? done([{ type: 'page_taken_back', page, borrower, borrowerPage }]) : refused('ENOENT');
};

/** The borrower's half of the end of a lender (mm_remote_db_target_release). */
export const losePages: Decider<'lose_pages', X86Vm> = (_vm, { lender, both }) =>
  done([{ type: 'pages_lost', lender }, ...(both ? [{ type: 'pages_taken_back' as const, borrower: lender }] : [])]);

/** The lender's half of the end of a borrower (mm_remote_db_intro_release). */
export const takeBackPages: Decider<'take_back_pages', X86Vm> = (_vm, { borrower }) =>
  done([{ type: 'pages_taken_back', borrower }]);

const unique = (ids: Iterable<string>): string[] => [...new Set(ids)].sort();

/** What other VMs record of the end of one: its borrowers lose what it lent, its lenders take back what it had; one record each. */
export function partings({ id, lent = [], memory }: X86Vm): Counterpart[] {
  const borrowers = unique(lent.map(({ borrower }) => borrower));
  const lenders = memory.borrowedFrom;
  const others = unique(lenders).filter((vm) => !borrowers.includes(vm));
  return [
    ...borrowers.map((vm): Counterpart => {
      const command = { type: 'lose_pages', lender: id } as const;
      return { vm, command: lenders.has(vm) ? { ...command, both: true } : command };
    }),
    ...others.map((vm): Counterpart => ({ vm, command: { type: 'take_back_pages', borrower: id } })),
  ];
}

/** The end of an x86_64 VM, and of every page that it shares. */
export const destroyX86Vm: Decider<'destroy_vm', X86Vm> = (vm, { type }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  const counterparts = partings(vm);
  return { ...done(verdict.facts), ...(counterparts.length > 0 && { counterparts }) };
};
