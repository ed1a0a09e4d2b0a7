import type { X86RegisterChanges } from '../../shapes/x86-registers.js';
import { withPresent } from '../../vm/folds/fold.js';
import type { X86RegisterFile } from './vcpu.js';

/** Registers after a change of some of them. */
export const changedRegisters = (
  before: X86RegisterFile,
  { cs = {}, ...registers }: X86RegisterChanges,
): X86RegisterFile => ({
  ...(withPresent<object>(before, registers) as X86RegisterFile),
  cs: withPresent<object>(before.cs, cs) as X86RegisterFile['cs'],
});
