/** How the commands of the command line end. */
export const EXIT = {
  done: 0,
  /** What was looked at is not as it should be. */
  wrong: 1,
  /** The command could not do its work: wrong arguments, files that are not there. */
  failed: 2,
  /** All is as it should be as far as it was signed, and something is not signed. */
  unsigned: 3,
  /** The service answered, and not with what was asked for. */
  refused: 4,
  /** No service answered. */
  unreachable: 5,
  /** Whoever read standard output has left, as a shell has it for SIGPIPE. */
  pipe: 141,
} as const;
