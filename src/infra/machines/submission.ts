import type { Command } from '../../domain/vm/command.js';
import type { Decision } from '../../domain/vm/decision.js';

/** A command on its way to a VM, and what goes into its record beside it. */
export interface Submission {
  readonly vm: string;
  readonly command: Command;
  readonly actor: string;
  readonly requestId: string;
  /** The versions at which the client wants the command to be carried out; any if absent. */
  readonly ifMatch?: readonly number[] | undefined;
}

/** What came of a command, once it is durable. */
export interface Answer {
  readonly vm: string;
  readonly version: number;
  readonly position: number;
  readonly decision: Decision;
}
