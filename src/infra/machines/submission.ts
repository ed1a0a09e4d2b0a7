import type { TraceContext } from '../../domain/audit/record.js';
import type { Command } from '../../domain/vm/command.js';
import type { Decision } from '../../domain/vm/decision.js';
import type { Vm } from '../../domain/vm/state.js';
import type { AnswerDraft } from '../journal/answer-store.js';
import type { Erase } from '../journal/journal.js';

/** A command on its way to a VM, and what goes into its record beside it. */
export interface Submission {
  readonly vm: string;
  readonly command: Command;
  readonly actor: string;
  readonly requestId: string;
  /** The trace that the request was part of. */
  readonly trace?: TraceContext | undefined;
  /** The versions at which the client wants the command to be carried out; any if absent. */
  readonly ifMatch?: readonly number[] | undefined;
  /** What its record removes, for an erasure. */
  readonly erase?: Erase;
  /** It comes from who holds the VM. */
  readonly held?: true;
  /**
   * Called in the step in which the command is decided, again if it has to be decided anew. What it answers is kept with the
   * record. The state that it sees goes on changing.
   */
  readonly present?: ((outcome: Outcome) => AnswerDraft | undefined) | undefined;
}

/** What came of a command, before it is durable. */
export interface Outcome {
  /** The state that it leads to; undefined while the VM does not exist. */
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly decision: Decision;
}

/** What came of a command, once it is durable. */
export interface Answer {
  readonly vm: string;
  readonly version: number;
  readonly position: number;
  readonly decision: Decision;
}
