import fc from 'fast-check';
import { type Divergence, type Reruns, reexecute } from '../../../src/domain/audit/reexecute.js';
import { EVENTS } from '../../../src/domain/introspection/events.js';
import { pendingEvents } from '../../../src/domain/introspection/view.js';
import { forecast } from '../../../src/domain/vm/forecast.js';
import type { X86Vm } from '../../../src/domain/vm/state.js';
import { withFacts } from '../../../src/domain/vm/with-facts.js';
import { arbitraryIntrospection } from '../support/arbitrary-introspection.js';
import { Ledger } from '../support/ledger.js';
import { digester } from '../support/test-digester.js';
import { LONG_MODE, TABLES } from '../support/x86-vms.js';

const RUNS = { numRuns: 60 };

const outside = { time: 1000, random: (size: number) => new Uint8Array(size), digester };

const write = (gpa: bigint, values: readonly bigint[]) => {
  const data = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => data.writeBigUInt64LE(value, 8 * i));
  return { type: 'write_memory', extents: [{ gpa: Number(gpa), size: data.length }], data: data.toString('base64') };
};

const entries = (first: number) => Array.from({ length: 512 }, (_, i) => (BigInt(first + i) << 12n) | 7n);
const text = (value: unknown): unknown => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value);
const registers = Object.fromEntries(Object.entries(LONG_MODE).map(([name, value]) => [name, text(value)]));
const enabled = (Object.keys(EVENTS) as (keyof typeof EVENTS)[]).filter((name) => EVENTS[name].of === 'vcpu');

/** Memory, tables, two vCPUs, and a tool that may do everything and is told of everything. */
const BEGIN = [
  { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: 0x400000, flags: ['log_dirty_pages'] },
  write(TABLES.pml4, [TABLES.pdpt | 7n]),
  write(TABLES.pdpt, [TABLES.pd | 7n]),
  write(TABLES.pd, [TABLES.pt | 7n, (TABLES.pt + 0x1000n) | 7n]),
  write(TABLES.pt, [...entries(0), ...entries(512)]),
  ...[0, 1].flatMap((vcpu) => [
    { type: 'create_vcpu', id: vcpu },
    { type: 'set_x86_registers', vcpu, registers },
  ]),
  { type: 'introspection_hook' },
  { type: 'introspection_allow', command: 'all', allow: 1 },
  { type: 'introspection_allow', event: 'all', allow: 1 },
  ...enabled.map((event) => ({
    type: 'introspection_command',
    command: 'control_events',
    vcpu: 0,
    event,
    enable: 1,
  })),
  { type: 'introspection_command', command: 'control_vm_events', event: 'unhook', enable: 1 },
  { type: 'introspection_command', command: 'control_cr', vcpu: 0, cr: 3, enable: 1 },
  { type: 'introspection_command', command: 'control_msr', vcpu: 0, msr: 0x174, enable: 1 },
];

const life = arbitraryIntrospection(BEGIN);

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
