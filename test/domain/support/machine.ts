import type { Errno } from '../../../src/domain/errno.js';
import { apply } from '../../../src/domain/vm/folds/apply.js';
import { command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import type { Event } from '../../../src/domain/vm/facts/event.js';
import { RULES } from '../../../src/domain/vm/rules.js';
import type { Arch, S390xVm, Vm } from '../../../src/domain/vm/state.js';

export const MIB = 1n << 20n;
export const GIB = 1n << 30n;
export const U64_MAX = (1n << 64n) - 1n;

export interface MachineOptions {
  readonly arch?: Arch;
  readonly vmType?: 'default' | 'ucontrol';
  readonly semantics?: 'documented' | 'kernel';
  readonly host?: Readonly<Record<string, unknown>>;
  /** The version of the rules; today's if absent. */
  readonly rules?: number;
}

const jsonSafe = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (Array.isArray(value)) return value.map(jsonSafe);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonSafe(item)]));
};

/** A VM that is given commands, and folds what they record; of s390x unless its options say else. */
export class Machine<V extends Vm = S390xVm> {
  private state: V | undefined;

  constructor(options: MachineOptions = {}) {
    this.run({ type: 'create_vm', arch: 's390x', rules: RULES, ...options });
  }

  get vm(): V {
    if (this.state === undefined) throw new Error('the VM was not created');
    return this.state;
  }

  /** Decides and folds a command; bigints may stand for numbers. */
  run(input: Readonly<Record<string, unknown>>): Decision {
    const decision = decide(this.state, command.parse(jsonSafe(input)));
    this.fold(...decision.events);
    return decision;
  }

  /** The errno of a refusal, else the return value. */
  answer(input: Readonly<Record<string, unknown>>): Errno | number {
    const { errno, ret } = this.run(input);
    return errno ?? ret;
  }

  fold(...events: readonly Event[]): this {
    for (const event of events) this.state = apply('vm', this.state, event) as V;
    return this;
  }

  slot(slot: number, guestPhysAddr: bigint, size: bigint, flags: unknown = [], userspaceAddr?: bigint): Errno | number {
    const address = userspaceAddr === undefined ? {} : { userspaceAddr };
    return this.answer({ type: 'set_user_memory_region', slot, guestPhysAddr, size, flags, ...address });
  }

  vcpu(id: number): Errno | number {
    return this.answer({ type: 'create_vcpu', id });
  }

  set(group: string | number, attr: string | number, payload: object = {}): Errno | number {
    return this.answer({ type: 'set_device_attr', group, attr, payload });
  }

  get(group: string | number, attr: string | number): Decision {
    return this.run({ type: 'get_device_attr', group, attr });
  }

  has(group: string | number, attr: string | number): Errno | number {
    return this.answer({ type: 'has_device_attr', group, attr });
  }
}
