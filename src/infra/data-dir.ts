/** The ledger. */
export const LEDGER_FILE = 'ledger.sqlite';

/** The index of accesses, which is made from the ledger, and again if it is not there. */
export const ACCESSES_FILE = 'accesses.sqlite';

/** The tokens; only its owner may read it. */
export const TOKENS_FILE = 'access.sqlite';

/** Its lock is what counts; it stays empty. */
export const LOCK_FILE = 'lock.sqlite';

/** The log's folder. */
export const LOG_FOLDER = 'log';

/** In the log's folder: the private key, and the vkey that others verify with. */
export const KEY_FILE = 'key';
export const VKEY_FILE = 'vkey';

/** In the log's folder: the newest checkpoint, and the newest that has its quorum. */
export const CHECKPOINT_FILE = 'checkpoint';
export const COSIGNED_FILE = 'checkpoint.cosigned';

/** What was signed of a ledger before it was imported: evidence, a folder a checkpoint. */
export const IMPORTED_FOLDER = 'imported';
