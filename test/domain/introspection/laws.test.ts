import fc from 'fast-check';
import { type Divergence, type Reruns, reexecute } from '../../../src/domain/audit/reexecute.js';
import { pendingEvents } from '../../../src/domain/introspection/view.js';
import { forecast } from '../../../src/domain/vm/forecast/forecast.js';
import type { X86Vm } from '../../../src/domain/vm/state.js';
import { withFacts } from '../../../src/domain/vm/folds/with-facts.js';
import { arbitraryIntrospection } from '../support/arbitrary-introspection.js';
import { INTROSPECTED } from '../support/introspected.js';
import { Ledger } from '../support/ledger.js';
import { digester } from '../support/test-digester.js';

const RUNS = { numRuns: 60 };

const outside = { time: 1000, random: (size: number) => new Uint8Array(size), digester };

const life = arbitraryIntrospection(INTROSPECTED);

describe('over any sequence of commands on an introspected x86_64 VM', () => {
  it('no command throws, and re-execution and the fold of the facts reproduce every record', () => {
    fc.assert(
      fc.property(life, (commands) => {
        const ledger = new Ledger();
        for (const command of commands) ledger.submit(withFacts(command, outside, ledger.vm));
        let reruns: Reruns = new Map();
        const all: Divergence[] = [];
        for (const record of ledger.records) {
          const step = reexecute(reruns, record, undefined, digester);
          reruns = step.reruns;
          all.push(...step.divergences);
        }
        expect(all).toEqual([]);
      }),
      RUNS,
    );
  });

  it('numbers of events ascend, what waits is listed once, and nothing waits without a channel', () => {
    fc.assert(
      fc.property(life, (commands) => {
        const ledger = new Ledger();
        let last = 0;
        for (const command of commands) {
          const { events } = ledger.submit(command);
          for (const fact of events) if ('seq' in fact) expect(fact.seq).toBe(++last);
          const vm = ledger.vm as X86Vm;
          const listed = pendingEvents(vm).map(({ seq }) => seq);
          expect(new Set(listed).size).toBe(listed.length);
          if (vm.regions.introspection === 'unhooked') expect(listed).toEqual([]);
          expect(vm.introspection?.channel !== undefined).toBe(vm.regions.introspection === 'hooked');
        }
      }),
      RUNS,
    );
  });

  it('a vCPU that waits changes nothing of itself but by the reply', () => {
    fc.assert(
      fc.property(life, (commands) => {
        const ledger = new Ledger();
        for (const command of commands) {
          const before = ledger.vm as X86Vm | undefined;
          ledger.submit(command);
          const ends = ['introspection_reply', 'introspection_unhook'].includes(command.type);
          for (const [id, vcpu] of before?.vcpus ?? [])
            if (vcpu.waiting && !ends)
              expect((ledger.vm as X86Vm).vcpus.get(id)).toMatchObject({
                registers: vcpu.registers,
                mpState: vcpu.mpState,
              });
        }
      }),
      RUNS,
    );
  });

  it('what is forecast to be refused is refused', () => {
    const KEYS: Readonly<Record<string, string>> = {
      x86_guest: 'guest',
      x86_hypercall: 'hypercall',
      run_vcpu: 'run_vcpu',
      set_mp_state: 'set_mp_state',
      set_x86_registers: 'set_registers',
      introspection_hook: 'introspection/hook',
      introspection_unhook: 'introspection/unhook',
      introspection_preunhook: 'introspection/preunhook',
      introspection_allow: 'introspection/allow',
      introspection_command: 'introspection/commands',
      introspection_reply: 'introspection/reply',
    };
    fc.assert(
      fc.property(life, (commands) => {
        const ledger = new Ledger();
        for (const command of commands) {
          const key = KEYS[command.type];
          const said = ledger.vm && key !== undefined ? forecast(ledger.vm)[key] : 'accepted';
          const { errno } = ledger.submit(command);
          if (said !== 'accepted') expect([key, errno !== undefined]).toEqual([key, true]);
        }
      }),
      RUNS,
    );
  });
});
