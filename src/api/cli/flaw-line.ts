import type { Flaw } from '../../domain/audit/verify/flaw.js';

const placeOf = ({ position, upTo }: Flaw): string =>
  position === undefined ? 'ledger' : upTo === undefined ? `position ${position}` : `position ${position} to ${upTo}`;

/** A flaw as people read it. */
export const flawLine = (flaw: Flaw): string => `${placeOf(flaw)}: ${flaw.what}: ${flaw.detail}`;
