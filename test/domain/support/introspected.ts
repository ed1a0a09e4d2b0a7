import { EVENTS } from '../../../src/domain/introspection/events.js';
import { LONG_MODE, TABLES } from './x86-vms.js';

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
export const INTROSPECTED = [
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
