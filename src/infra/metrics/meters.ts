/** Told of every command where its way ends. */
export interface CommandMeter {
  /** A command's record is durable: done, or refused with the errno `-ret`. */
  recorded(type: string, ret: number): void;
  /** A command was decided, and could not be recorded. */
  failed(type: string): void;
}

/** Told of every transaction of the journal. */
export interface JournalMeter {
  /** So many records went in; how long each draft of it waited for that, or to be refused, in milliseconds. */
  committed(records: number, waited: readonly number[]): void;
}

/** Told of every request that was answered. */
export interface RequestMeter {
  /** @param operation as in the OpenAPI document; absent where nothing is served */
  answered(operation: string | undefined, status: number): void;
}
