import type { Errno } from '../errno.js';
import type { Arch } from '../vm/state.js';

/** One reason for which a command is refused, in words. */
export interface Rule {
  /** The command: its type, or what of it is meant, as a forecast names it (`mem_ctrl/enable_cmma`). */
  readonly command: string;
  readonly errno: Errno;
  /** When it is. */
  readonly condition: string;
  /** Where that is written: a section of a document, or a function of the kernel. */
  readonly source: string;
  /** The architectures that have the rule; all if absent. */
  readonly archs?: readonly Arch[];
}

/** A rule that a decider has in its code, outside of the charts. */
export interface DecidedRule extends Rule {
  /** The file below src/domain that decides so. */
  readonly module: string;
}

/** Rules of one file: `[command, errno, condition, source]`. */
export type Row = readonly [command: string, errno: Errno, condition: string, source: string];

/** The rules of each file as one list. */
export const decidedIn = (files: Readonly<Record<string, readonly Row[]>>, archs?: readonly Arch[]): DecidedRule[] =>
  Object.entries(files).flatMap(([module, rows]) =>
    rows.map(([command, errno, condition, source]) => ({
      module,
      command,
      errno,
      condition,
      source,
      ...(archs && { archs }),
    })),
  );
