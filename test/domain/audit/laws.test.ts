import fc from 'fast-check';
import { eventsOf } from '../../../src/domain/audit/open-record.js';
import { type Divergence, type Reruns, reexecute } from '../../../src/domain/audit/reexecute.js';
import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { ChunkStore, type StoredNode } from '../../../src/domain/memory/chunk-store.js';
import { FrameMarks } from '../../../src/domain/memory/frame-marks.js';
import { GuestMemory } from '../../../src/domain/memory/guest-memory.js';
import { applyEntry } from '../../../src/domain/vm/folds/apply.js';
import type { Command } from '../../../src/domain/vm/command.js';
import type { Vm } from '../../../src/domain/vm/state.js';
import { arbitraryLife } from '../support/arbitrary-command.js';
import { Ledger } from '../support/ledger.js';
import { digester } from '../support/test-digester.js';

const RUNS = { numRuns: 300 };

function live(commands: readonly Command[]): Ledger {
  const ledger = new Ledger();
  for (const command of commands) ledger.submit(command);
  return ledger;
}

/** The fold of some of a ledger's records, from their bytes alone. */
function fold(ledger: Ledger, vm: Vm | undefined, from: number, to: number): Vm | undefined {
  return ledger.records.slice(from, to).reduce<Vm | undefined>((state, { body, bulk }) => {
    const bytes = new Map([...bulk].map(([role, piece]) => [role, piece.bytes]));
    return applyEntry(state, { vm: 'vm', version: body.version, time: body.time, events: eventsOf(body, bytes) });
  }, vm);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The VM as it comes back from the nodes that a snapshot keeps of its memory. */
function throughSnapshot(vm: Vm): Vm {
  const kept = new Map<string, StoredNode>();
  const restore = (store: ChunkStore): ChunkStore => {
    for (const [digest, node] of store.nodes(digester, () => false)) kept.set(hex(digest), structuredClone(node));
    const load = (digest: Uint8Array) => kept.get(hex(digest)) as StoredNode;
    const steps = ChunkStore.restore(store.chunkSize, store.digest(digester), load, digester);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  };
  return {
    ...vm,
    memory: GuestMemory.of(vm.memory.slots, restore(vm.memory.pages), new FrameMarks(restore(vm.memory.marks.store))),
  };
}

const digestOf = (vm: Vm | undefined) => (vm ? hex(stateDigest(vm, digester)) : undefined);

describe('over any sequence of commands', () => {
  it('no command throws, and the fold of the recorded facts is the state that the commands led to', () => {
    fc.assert(
      fc.property(arbitraryLife, (commands) => {
        const ledger = live(commands);
        const folded = fold(ledger, undefined, 0, ledger.records.length);
        expect(digestOf(folded)).toBe(digestOf(ledger.vm));
        expect(folded?.ledger).toEqual(ledger.vm?.ledger);
        expect(folded?.regions).toEqual(ledger.vm?.regions);
      }),
      RUNS,
    );
  });

  it('a snapshot at any version and the tail after it give the whole fold', () => {
    fc.assert(
      fc.property(arbitraryLife, fc.nat(), (commands, cut) => {
        const ledger = live(commands);
        const at = 1 + (cut % ledger.records.length);
        const snapshot = fold(ledger, undefined, 0, at);
        const resumed = fold(ledger, snapshot && throughSnapshot(snapshot), at, ledger.records.length);
        expect(digestOf(resumed)).toBe(digestOf(ledger.vm));
      }),
      RUNS,
    );
  });

  it('re-execution reproduces every record', () => {
    fc.assert(
      fc.property(arbitraryLife, (commands) => {
        let reruns: Reruns = new Map();
        const all: Divergence[] = [];
        for (const record of live(commands).records) {
          const step = reexecute(reruns, record, undefined, digester);
          reruns = step.reruns;
          all.push(...step.divergences);
        }
        expect(all).toEqual([]);
      }),
      RUNS,
    );
  });

  it('a record keeps within 65,535 bytes and says its position', () => {
    fc.assert(
      fc.property(arbitraryLife, (commands) => {
        for (const { bytes, body } of live(commands).records) {
          expect(bytes.length).toBeLessThanOrEqual(65535);
          expect(body.position).toBe(body.version);
        }
      }),
      { numRuns: 50 },
    );
  });
});
