import type { Folds } from './fold.js';
import type { LentPage, X86Vm } from '../state.js';

const withLent = ({ lent: _, ...vm }: X86Vm, lent: readonly LentPage[]): X86Vm =>
  lent.length === 0 ? vm : { ...vm, lent };

const byPage = (a: LentPage, b: LentPage): number => a.page - b.page || a.borrowerPage - b.borrowerPage;

/** Facts about pages that two VMs have in common. */
export const sharingFolds: Folds<
  | 'page_borrowed'
  | 'page_returned'
  | 'page_discarded'
  | 'pages_lost'
  | 'page_lent'
  | 'page_taken_back'
  | 'pages_taken_back',
  X86Vm
> = {
  page_borrowed: (vm, { page, lender, lenderPage }) => ({
    ...vm,
    hasBorrowed: true,
    memory: vm.memory.withBorrowed(page, { vm: lender, page: lenderPage }),
  }),
  page_returned: (vm, { page }) => ({ ...vm, memory: vm.memory.withoutBorrowed((number) => number === page) }),
  page_discarded: (vm, { page }) => {
    vm.memory.pages.clear(page);
    return vm;
  },
  pages_lost: (vm, { lender }) => ({
    ...vm,
    memory: vm.memory.withoutBorrowed((_page, from) => from.vm === lender),
  }),
  page_lent: (vm, { page, borrower, borrowerPage }) =>
    withLent(vm, [...(vm.lent ?? []), { page, borrower, borrowerPage }].sort(byPage)),
  page_taken_back: (vm, { page, borrower, borrowerPage }) =>
    withLent(
      vm,
      (vm.lent ?? []).filter(
        (each) => each.page !== page || each.borrower !== borrower || each.borrowerPage !== borrowerPage,
      ),
    ),
  pages_taken_back: (vm, { borrower }) =>
    withLent(
      vm,
      (vm.lent ?? []).filter((each) => each.borrower !== borrower),
    ),
};
