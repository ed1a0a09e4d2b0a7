import { applyEntry } from '../dist/domain/vm/folds/apply.js';
import { command } from '../dist/domain/vm/command.js';
import { decide } from '../dist/domain/vm/decide.js';
import { rate } from './support.mjs';

const READS = 200_000;

/** Logical reads of 4 KiB through five levels of tables, with a storage key that has to match. */
export async function benchReads() {
  let vm;
  const give = (value) => {
    const parsed = command.parse(value);
    const decision = decide(vm, parsed);
    if (decision.ret !== 0) throw new Error(`${value.type}: ${JSON.stringify(decision)}`);
    vm = applyEntry(vm, { vm: 'bench', version: 1, time: '', events: decision.events });
  };
  give({ type: 'create_vm', arch: 's390x' });
  give({ type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x1000000' });
  give({ type: 'create_vcpu', id: 0 });
  const put = (gpa, entries) => {
    const data = Buffer.alloc(8 * entries.length);
    entries.forEach((entry, i) => data.writeBigUInt64BE(entry, 8 * i));
    give({ type: 'write_memory', extents: [{ gpa, size: data.length }], data: new Uint8Array(data) });
  };
  put(0x180000, [0x18400fn]);
  put(0x184000, [0x18800bn]);
  put(0x188000, [0x18c007n]);
  put(0x18c000, [0x190000n, 0x191000n, 0x192000n, 0x193000n]);
  for (let k = 0; k < 4; k++) {
    put(
      0x190000 + 0x1000 * k,
      Array.from({ length: 256 }, (_, j) => BigInt((k << 20) + (j << 12))),
    );
  }
  const registers = { psw: { mask: '0x400000180000000', addr: 0 }, crs: { 1: '0x18000f' } };
  give({ type: 'set_registers', vcpu: 0, registers });

  const reads = Array.from({ length: 1024 }, (_, page) => {
    const request = {
      type: 's390_mem_op',
      vcpu: 0,
      op: 'logical_read',
      size: 4096,
      flags: ['skey_protection'],
      key: 3,
    };
    return command.parse({ ...request, gaddr: page * 4096 });
  });
  let sum = 0;
  const perSecond = await rate(READS, 5, () => {
    for (let i = 0; i < READS; i++) sum += decide(vm, reads[i & 1023]).reply.data[0];
  });
  if (Number.isNaN(sum)) throw new Error('nothing was read');
  return [['logical reads of 4 KiB, 5 levels, with a key', perSecond, '/s']];
}
