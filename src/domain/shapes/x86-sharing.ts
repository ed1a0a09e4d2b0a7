import { z } from 'zod';
import { commitment, hostTime } from './kvmi.js';

const page = z.int().min(0);

/** Why a page is not lent, found on the side of the VM that wants it. */
const refusal = z.enum(['ENOENT', 'EFAULT', 'EALREADY', 'EINVAL']);

/**
 * The other half of a MEM_MAP: the VM that issued the token lends a page, or loses the token alone. Given by the VM that wants
 * it, never by a client.
 */
export const lendPage = z.strictObject({
  type: z.literal('lend_page'),
  token: commitment,
  time: hostTime,
  borrower: z.string(),
  page: page.optional(),
  borrowerPage: page.optional(),
  refusal: refusal.optional(),
});

/** The other half of a MEM_UNMAP. */
export const returnPage = z.strictObject({
  type: z.literal('return_page'),
  page,
  borrower: z.string(),
  borrowerPage: page,
});

/** The other half of the destruction of a VM that lent pages; `both`: it had borrowed some of this VM too. */
export const losePages = z.strictObject({
  type: z.literal('lose_pages'),
  lender: z.string(),
  both: z.literal(true).optional(),
});

/** The other half of the destruction of a VM that had borrowed pages. */
export const takeBackPages = z.strictObject({ type: z.literal('take_back_pages'), borrower: z.string() });
