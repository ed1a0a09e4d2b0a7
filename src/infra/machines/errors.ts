import { ErasedMemory } from '../../domain/memory/erased.js';

/** No VM of that id was ever created. */
export class UnknownVm extends Error {
  constructor(readonly vm: string) {
    super(`there is no VM ${vm}`);
  }
}

/** The VM has moved on from the version that the client named. */
export class VersionMismatch extends Error {
  constructor(
    readonly vm: string,
    readonly current: number,
  ) {
    super(`the VM is at version ${current}`);
  }
}

/** The VM has no such version, or had not been created at that time. */
export class UnknownVersion extends Error {
  constructor(
    readonly vm: string,
    readonly field: 'version' | 'at' | 'from' | 'to',
    detail: string,
  ) {
    super(detail);
  }
}

/** A request that turned out not to be well formed while it was decided; nothing was recorded. */
export class MalformedCommand extends Error {
  constructor(
    readonly field: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** Whether an error says that a command was not carried out, since it could not even be decided: nothing failed. */
export const isUnrecorded = (error: unknown): boolean =>
  [UnknownVm, VersionMismatch, UnknownVersion, MalformedCommand, ErasedMemory].some((kind) => error instanceof kind);
