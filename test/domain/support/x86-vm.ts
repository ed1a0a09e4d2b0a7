import { frameOf, offsetOf } from '../../../src/domain/memory/address.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import { command } from '../../../src/domain/vm/command.js';
import type { Vm, X86Vm } from '../../../src/domain/vm/state.js';
import type { Entries } from './x86-machine.js';
import { Ledger } from './ledger.js';

/** Registers of 4-level paging in 64-bit mode with the root at 0x1000, as a client sends them. */
export const LONG_MODE = {
  cr0: '0x80010001',
  cr3: '0x1000',
  cr4: '0x20',
  efer: '0xd00',
  cs: { l: 1 },
} as const;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

const base64 = (value: bigint): string => {
  const data = Buffer.alloc(8);
  data.writeBigUInt64LE(value);
  return data.toString('base64');
};

/** An x86_64 VM that is given commands as clients write them, and its ledger. */
export class X86Ledger extends Ledger {
  /** 1 MiB that logs dirty pages, four pages at 2 MiB only to be read, and vCPU 0 in long mode. */
  constructor(options: object = {}) {
    super();
    this.run({ type: 'create_vm', arch: 'x86_64', ...options });
    this.slot({ slot: 0, guestPhysAddr: 0, size: 0x100000, flags: ['log_dirty_pages'] });
    this.slot({ slot: 1, guestPhysAddr: 0x200000, size: 0x4000, flags: ['readonly', 'log_dirty_pages'] });
    this.run({ type: 'create_vcpu', id: 0 });
    this.registers(LONG_MODE);
  }

  /** The VM, of whichever architecture it is by now. */
  get current(): Vm {
    if (this.vm === undefined) throw new Error('there is no VM');
    return this.vm;
  }

  get machine(): X86Vm {
    if (this.vm?.arch !== 'x86_64') throw new Error('there is no x86_64 VM');
    return this.vm;
  }

  run(input: Readonly<Record<string, unknown>>): Decision {
    return this.submit(command.parse(input));
  }

  slot(request: object): Decision {
    return this.run({ type: 'set_user_memory_region', ...request });
  }

  registers(registers: object, vcpu = 0): Decision {
    return this.run({ type: 'set_x86_registers', vcpu, registers });
  }

  /** Loads 8-byte entries as the VMM does. */
  load(entries: Entries): this {
    for (const [gpa, value] of entries)
      this.run({ type: 'write_memory', extents: [{ gpa: hex(gpa), size: 8 }], data: base64(value) });
    return this;
  }

  translate(linearAddress: bigint, more: object = {}): Decision {
    return this.run({ type: 'translate2', vcpu: 0, linearAddress: hex(linearAddress), ...more });
  }

  /** The 8-byte entry at an address. */
  entry(gpa: bigint): bigint {
    const page = this.machine.memory.page(frameOf(gpa));
    if (page === undefined) throw new Error('there is no memory');
    return Buffer.from(page).readBigUInt64LE(offsetOf(gpa));
  }

  /** The frames that a slot's dirty log has; it is cleared. */
  dirty(slot: number): unknown {
    return this.run({ type: 'get_dirty_log', slot }).reply['frames'];
  }
}

/** Tables that map 0x8040201000 to 0x5000. */
export const TABLES: Entries = [
  [0x1008n, 0x2007n],
  [0x2008n, 0x3007n],
  [0x3008n, 0x4007n],
  [0x4008n, 0x5007n],
];
