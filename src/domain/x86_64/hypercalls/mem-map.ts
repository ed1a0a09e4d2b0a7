import { frameOf } from '../../memory/address.js';
import { isGood } from '../../introspection/tokens.js';
import type { Event } from '../../vm/facts/event.js';
import { documented } from '../../vm/semantics.js';
import type { X86Vm } from '../../vm/state.js';
import type { Answer, Implementation, MapCause } from './hypercall-context.js';
import { reach } from '../paging/linear.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

/** Bytes of a map token: four 64-bit numbers. */
export const TOKEN_SIZE = 32;

/** What the guest has at the address of a token: its bytes, or why they cannot be read; facts of the page walk. */
export interface Presented {
  readonly bytes?: Uint8Array;
  readonly cause?: MapCause;
  readonly facts: readonly Event[];
}

/**
 * Reads a token as the processor would for the supervisor (MEM_MAP, steps 1 and 2): ENOENT if the address is not mapped,
 * EFAULT if it is, to no memory.
 */
export function presentedToken(vm: X86Vm, vcpu: X86Vcpu, address: bigint): Presented {
  const { pieces, facts, raised } = reach(vm, vcpu, address, TOKEN_SIZE, { write: false, exec: false, user: false });
  if (raised !== undefined) return { cause: 'ENOENT', facts };
  const backed = pieces.every(({ frame }) => vm.memory.slotAt(frame) !== undefined);
  return backed ? { bytes: vm.memory.read(pieces), facts } : { cause: 'EFAULT', facts };
}

/** A failure as the guest sees it: by the documents always EFAULT, by the code what it was; the cause is kept either way. */
const failed = (vm: X86Vm, cause: MapCause, facts: readonly Event[]): Answer => ({
  code: documented(vm, 'memMapError') ? 'KVM_EFAULT' : `KVM_${cause}`,
  cause,
  facts,
});

/** What MEM_MAP would do: which page of the lender goes where, or why not, and whether the borrower's own page is lost all the same. */
interface Plan {
  readonly page?: number;
  readonly borrowerPage?: number;
  readonly cause?: MapCause;
  readonly discards?: true;
}

/**
 * Steps 4 to 9 of MEM_MAP for a page at `from` of the lender and `to` of the borrower. A page that others have borrowed is
 * not given up for another one: no page is lent and borrowed at the same time.
 */
function plan(borrower: X86Vm, lender: X86Vm, from: bigint, to: bigint): Plan {
  const page = lender.memory.pageOf(frameOf(from));
  const borrowerPage = borrower.memory.pageOf(frameOf(to));
  if (page === undefined || borrowerPage === undefined) return { cause: 'EFAULT' };
  if (lender.id === borrower.id) return { cause: 'EINVAL' };
  if (borrower.memory.remote.has(borrowerPage)) return { cause: 'EALREADY' };
  if (borrower.lent?.some((lent) => lent.page === borrowerPage)) return { cause: 'EINVAL' };
  if (lender.memory.remote.has(page)) return { cause: 'EINVAL' };
  const others = lender.lent?.some(({ borrower: other }) => other !== borrower.id) ?? false;
  return others ? { cause: 'EINVAL', borrowerPage, discards: true } : { page, borrowerPage };
}

/**
 * KVM_HC_MEM_MAP(a0 = linear address of a token, a1 = address in the VM that issued it, a2 = own address): from then on both
 * addresses are one page (kvmi_host_mem_map, mm_remote_map; vmi-hypercalls section 5). The token is used up from the moment
 * that it was looked up. What the other VM has to do with it is its own record.
 */
export const memMap: Implementation = ({ vm, vcpu, peers, command, args: [address, from, to] }) => {
  const { token, time = 0 } = command;
  if (!vm.host.introspection) return { code: 'KVM_ENOSYS' };
  const { cause: unread, facts } = presentedToken(vm, vcpu, address);
  if (unread !== undefined) return failed(vm, unread, facts);
  const issuers = [vm, ...peers.values()].filter((each) => each.arch === 'x86_64');
  const lender = issuers.find((each) => token !== undefined && isGood(each.introspection?.tokens, token, time));
  if (lender === undefined || token === undefined) return failed(vm, 'ENOENT', facts);
  const { cause, page, borrowerPage, discards } = plan(vm, lender, from, to);
  if (lender.id === vm.id) return failed(vm, cause ?? 'EINVAL', [...facts, { type: 'map_token_spent', token }]);
  const lend = { type: 'lend_page', token, time, borrower: vm.id } as const;
  if (cause !== undefined || page === undefined || borrowerPage === undefined) {
    const lost: Event[] =
      discards && borrowerPage !== undefined ? [{ type: 'page_discarded', page: borrowerPage }] : [];
    const refusal = cause ?? 'EFAULT';
    return {
      ...failed(vm, refusal, [...facts, ...lost]),
      counterparts: [{ vm: lender.id, command: { ...lend, refusal } }],
    };
  }
  return {
    facts: [...facts, { type: 'page_borrowed', page: borrowerPage, lender: lender.id, lenderPage: page }],
    counterparts: [{ vm: lender.id, command: { ...lend, page, borrowerPage } }],
  };
};

/**
 * KVM_HC_MEM_UNMAP(a0 = own address): the page is a new one again, of zeros (kvmi_host_mem_unmap). Causes: EFAULT for an address
 * in no slot, ENOENT for a page that is not another VM's, by the code EINVAL if none ever was.
 */
export const memUnmap: Implementation = ({ vm, args: [address] }) => {
  if (!vm.host.introspection) return { code: 'KVM_ENOSYS' };
  const page = vm.memory.pageOf(frameOf(address));
  if (page === undefined) return failed(vm, 'EFAULT', []);
  const there = vm.memory.remote.get(page);
  if (there === undefined)
    return failed(vm, vm.hasBorrowed === undefined && !documented(vm, 'memMapError') ? 'EINVAL' : 'ENOENT', []);
  const command = { type: 'return_page', page: there.page, borrower: vm.id, borrowerPage: page } as const;
  return { facts: [{ type: 'page_returned', page }], counterparts: [{ vm: there.vm, command }] };
};
