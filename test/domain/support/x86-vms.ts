import { toHex } from '../../../src/domain/audit/bulk.js';
import type { Errno } from '../../../src/domain/errno.js';
import { fragments } from '../../../src/domain/memory/address.js';
import { applyEntry } from '../../../src/domain/vm/folds/apply.js';
import { type Command, command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import type { Event } from '../../../src/domain/vm/facts/event.js';
import type { X86RegisterChanges } from '../../../src/domain/shapes/x86-registers.js';
import { RULES } from '../../../src/domain/vm/rules.js';
import type { X86Vm } from '../../../src/domain/vm/state.js';
import { withFacts } from '../../../src/domain/vm/folds/with-facts.js';
import type { X86Vcpu } from '../../../src/domain/x86_64/vcpu/vcpu.js';
import { digester } from './test-digester.js';

export const MIB = 1n << 20n;

export interface X86Options {
  readonly semantics?: 'documented' | 'kernel';
  /** The version of the rules; today's if absent. */
  readonly rules?: number;
  readonly host?: Readonly<Record<string, unknown>>;
  /** vCPUs, from 0 on; 1 if absent. */
  readonly vcpus?: number;
  /** Flags of the slot of 4 MiB from 0 on. */
  readonly flags?: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const jsonSafe = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return value.map(jsonSafe);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonSafe(item)]));
};

/** Several x86_64 VMs and what they tell each other: what infra does, without infra. */
export class X86Vms {
  readonly states = new Map<string, X86Vm>();
  /** The host's clock, in milliseconds. */
  time = 1_700_000_000_000;

  vm(id: string): X86Vm {
    const vm = this.states.get(id);
    if (vm === undefined) throw new Error(`VM ${id} was not created`);
    return vm;
  }

  /** Decides and folds a command and its counterparts; bigints may stand for numbers. */
  run(id: string, input: Fields): Decision {
    const before = this.states.get(id);
    const random = (size: number) => new Uint8Array(size);
    const asked = withFacts(command.parse(jsonSafe(input)), { time: this.time, random, digester }, before);
    const peers = new Map([...this.states].filter(([other]) => other !== id));
    const decision = decide(before, asked, undefined, peers);
    this.fold(id, decision.events);
    for (const { vm, command: other } of decision.counterparts ?? []) this.take(vm, other);
    return decision;
  }

  /** Facts of a VM. */
  fold(id: string, events: readonly Event[]): void {
    const version = (this.states.get(id)?.ledger.version ?? 0) + 1;
    const entry = { vm: id, version, time: new Date(this.time).toISOString(), events };
    const after = applyEntry(this.states.get(id), entry) as X86Vm;
    this.states.set(id, after);
    for (const [each, vm] of this.states) {
      const lenders = new Map([...this.states].map(([other, { memory }]) => [other, memory.pages] as const));
      this.states.set(each, { ...vm, memory: vm.memory.among(lenders) });
    }
  }

  private take(id: string, given: Command): void {
    const decision = decide(this.states.get(id), given);
    if (decision.errno !== undefined) throw new Error(`${given.type} to ${id}: ${decision.errno}`);
    this.fold(id, decision.events);
  }
}

const PRESENT_RW_USER = 7n;

/** Where the tables of the identity map are. */
export const TABLES = { pml4: 0x300000n, pdpt: 0x301000n, pd: 0x302000n, pt: 0x303000n } as const;

/** Registers of 64-bit kernel code under the identity map. */
export const LONG_MODE = {
  cr0: 0x80050033n,
  cr3: TABLES.pml4,
  cr4: 0x20n,
  efer: 0xd00n,
  cs: { l: 1, db: 0, dpl: 0 },
  rip: 0x1000n,
} as const;

/** Registers of 32-bit kernel code without paging. */
export const PROTECTED_MODE = { cr0: 0x11n, cr4: 0n, efer: 0n, cs: { l: 0, db: 1, dpl: 0 }, rip: 0x1000n } as const;

/** An x86_64 VM with 4 MiB of memory from 0 on, mapped one to one, and vCPUs in 64-bit kernel code. */
export class X86 {
  constructor(
    options: X86Options = {},
    readonly id = 'vm',
    readonly vms = new X86Vms(),
  ) {
    const { vcpus = 1, flags = [], semantics = 'documented', rules = RULES, host = {} } = options;
    this.run({ type: 'create_vm', arch: 'x86_64', semantics, rules, host });
    this.run({ type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: 4n * MIB, flags });
    this.write(TABLES.pml4, TABLES.pdpt | PRESENT_RW_USER);
    this.write(TABLES.pdpt, TABLES.pd | PRESENT_RW_USER);
    for (const i of [0n, 1n]) this.write(TABLES.pd + 8n * i, (TABLES.pt + 0x1000n * i) | PRESENT_RW_USER);
    const pages = Array.from({ length: 1024 }, (_, page) => (BigInt(page) << 12n) | PRESENT_RW_USER);
    this.write(TABLES.pt, ...pages);
    for (let id = 0; id < vcpus; id++) {
      this.run({ type: 'create_vcpu', id });
      this.set(LONG_MODE, id);
    }
  }

  get vm(): X86Vm {
    return this.vms.vm(this.id);
  }

  vcpu(id = 0): X86Vcpu {
    const vcpu = this.vm.vcpus.get(id);
    if (vcpu === undefined) throw new Error(`there is no vCPU ${id}`);
    return vcpu;
  }

  run(input: Fields): Decision {
    return this.vms.run(this.id, input);
  }

  /** The errno of a refusal, else the return value. */
  answer(input: Fields): Errno | number {
    const { errno, ret } = this.run(input);
    return errno ?? ret;
  }

  set(registers: Fields, vcpu = 0): this {
    const { errno } = this.run({ type: 'set_x86_registers', vcpu, registers });
    if (errno !== undefined) throw new Error(errno);
    return this;
  }

  /** Registers that user space could not set, but a guest might have. */
  force(registers: X86RegisterChanges, vcpu = 0): this {
    this.vms.fold(this.id, [{ type: 'x86_registers_set', vcpu, registers }]);
    return this;
  }

  /** Stores little-endian quadwords as the VMM does. */
  write(address: bigint, ...values: readonly bigint[]): this {
    const data = new Uint8Array(8 * values.length);
    const view = new DataView(data.buffer);
    values.forEach((value, i) => view.setBigUint64(8 * i, value, true));
    return this.put(address, data);
  }

  put(address: bigint, data: Uint8Array): this {
    this.run({ type: 'write_memory', extents: [{ gpa: address, size: data.length }], data });
    return this;
  }

  bytes(address: bigint, size: number): number[] {
    return [...this.vm.memory.read(fragments(address, size))];
  }

  /** Another page-table entry for a page of the first 4 MiB. */
  map(page: number, entry: bigint): this {
    return this.write(TABLES.pt + 8n * BigInt(page), entry);
  }

  guest(instruction: string, operands: Fields = {}, vcpu = 0): Decision {
    return this.run({ type: 'x86_guest', vcpu, instruction, ...operands });
  }

  call(nr: bigint | number, args: readonly (bigint | number)[] = [], more: Fields = {}, vcpu = 0): Decision {
    return this.run({ type: 'x86_hypercall', vcpu, nr, args, ...more });
  }

  hook(...events: readonly string[]): this {
    this.run({ type: 'introspection_hook' });
    this.run({ type: 'introspection_allow', command: 'all', allow: 1 });
    this.run({ type: 'introspection_allow', event: 'all', allow: 1 });
    for (const event of events)
      for (const vcpu of this.vm.vcpus.keys()) this.tool('control_events', { vcpu, event, enable: 1 });
    return this;
  }

  tool(name: string | number, operands: Fields = {}): Decision {
    return this.run({ type: 'introspection_command', command: name, ...operands });
  }

  reply(seq: number, action: string | number, more: Fields = {}): Decision {
    return this.run({ type: 'introspection_reply', seq, action, ...more });
  }

  /** Issues a token whose bytes are all `byte`, and tells them. */
  token(byte: number): Uint8Array {
    const token = new Uint8Array(32).fill(byte);
    const answer = this.tool('get_map_token', { token: toHex(digester.sha256(token)) });
    if (answer.errno !== undefined) throw new Error(answer.errno);
    return token;
  }
}
