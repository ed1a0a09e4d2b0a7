import { MODEL } from '../../../src/domain/audit/model.js';
import { type LedgerRecord, parseBody } from '../../../src/domain/audit/record.js';
import { seal, split } from '../../../src/domain/audit/seal-record.js';
import { type RecordedCommand } from '../../../src/domain/audit/reexecute.js';
import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { applyEntry } from '../../../src/domain/vm/folds/apply.js';
import type { Command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import type { Vm } from '../../../src/domain/vm/state.js';
import { digester } from './test-digester.js';

/** A record as the journal would have it at a position, with salts that can be told in advance. */
export function recorded(record: LedgerRecord, position: number): RecordedCommand & { readonly bytes: Uint8Array } {
  const divided = split(record, digester);
  const salts = divided.bulk.map((_, i) => new Uint8Array(32).fill(record.version + i));
  const { head, tail } = seal(divided, salts, digester);
  const bytes = new TextEncoder().encode(`${head}${position}${tail}`);
  const bulk = new Map(
    divided.bulk.map(({ role, bytes: content }, i) => [role, { salt: salts[i] ?? new Uint8Array(), bytes: content }]),
  );
  return { bytes, body: parseBody(bytes), bulk };
}

/** A ledger in a few lines, with salts and times that can be told in advance: what infra does, without infra. */
export class Ledger {
  vm: Vm | undefined;
  readonly records: (RecordedCommand & { readonly bytes: Uint8Array })[] = [];

  constructor(readonly id = 'vm') {}

  /** Decides and records a command; one that is malformed leaves nothing behind. */
  submit(command: Command): Decision {
    const decision = decide(this.vm, command);
    if (decision.malformed) return decision;
    const version = this.records.length + 1;
    const time = new Date(version * 1000).toISOString();
    this.vm = applyEntry(this.vm, { vm: this.id, version, time, events: decision.events });
    const state = this.vm && stateDigest(this.vm, digester);
    const record = {
      vm: this.id,
      version,
      time,
      actor: 'test',
      requestId: 'r',
      model: MODEL,
      command,
      decision,
      state,
    };
    this.records.push(recorded(record, version));
    return decision;
  }
}
