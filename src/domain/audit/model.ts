/**
 * The version of the rules by which commands are decided and facts are folded, kept in every record. It changes when the
 * same command on the same state would be answered otherwise, or a fact be folded otherwise.
 */
export const MODEL = 'vmledger-1';
