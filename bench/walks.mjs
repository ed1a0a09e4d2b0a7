import { join } from 'node:path';
import { applyEntry } from '../dist/domain/vm/folds/apply.js';
import { command } from '../dist/domain/vm/command.js';
import { decide } from '../dist/domain/vm/decide.js';
import { explainWalk } from '../dist/domain/x86_64/paging/explain.js';
import { pagingOf } from '../dist/domain/x86_64/paging/paging.js';
import { Walker } from '../dist/domain/x86_64/paging/walk.js';
import { median, rate, scratch, serve } from './support.mjs';

const WALKS = 2_000_000;
const PAGES = 4096;
const BATCH = 10_000;
/** Batches that only warm up, and as many that count. */
const BATCHES = 10;

/** The base of the linear addresses: index 1 of PML4 and PDPT. */
const BASE = 0x8040000000n;

/** A generator of numbers below `most` that are the same in every run. */
function random(most) {
  let state = 1;
  return () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % most;
}

const SLOT = { guestPhysAddr: 0, size: '0x4000000' };

/** 4-level paging in 64-bit mode. */
const REGISTERS = { cr0: '0x80010001', cr3: '0x1000', cr4: '0x20', efer: '0xd00', cs: { l: 1 } };

/** Tables that map 4096 pages in order of linear address to frames at random, as addresses and bytes. */
function tables() {
  const next = random(8192);
  const entries = (gpa, values) => {
    const data = Buffer.alloc(8 * values.length);
    values.forEach((value, i) => data.writeBigUInt64LE(value, 8 * i));
    return { gpa, data };
  };
  const row = (length, value) => Array.from({ length }, (_, i) => BigInt(value(i)));
  return [
    entries(0x1008, [0x2007n]),
    entries(0x2008, [0x3007n]),
    entries(
      0x3000,
      row(8, (i) => 0x4007 + 0x1000 * i),
    ),
    entries(
      0x4000,
      row(PAGES, () => 0x1000007 + 4096 * next()),
    ),
  ];
}

/** An x86_64 VM in long mode with 64 MiB and these tables. */
function pagedVm() {
  let vm;
  const give = (value) => {
    const decision = decide(vm, command.parse(value));
    if (decision.ret !== 0) throw new Error(`${value.type}: ${JSON.stringify(decision)}`);
    vm = applyEntry(vm, { vm: 'bench', version: 1, time: '', events: decision.events });
  };
  give({ type: 'create_vm', arch: 'x86_64' });
  give({ type: 'set_user_memory_region', slot: 0, ...SLOT });
  give({ type: 'create_vcpu', id: 0 });
  for (const { gpa, data } of tables())
    give({ type: 'write_memory', extents: [{ gpa, size: data.length }], data: new Uint8Array(data) });
  give({ type: 'set_x86_registers', vcpu: 0, registers: REGISTERS });
  return vm;
}

/** Linear addresses on mapped pages in random order, and as many on pages that are not mapped. */
function addresses() {
  const next = random(PAGES);
  const hits = Array.from({ length: PAGES }, () => BASE + BigInt(next() * 4096 + 0x123));
  return { hits, misses: hits.map((address) => address + BigInt(PAGES * 4096)) };
}

/** Walks through four levels in process: plain and explained, to pages that are mapped and that are not. */
export async function benchWalks() {
  const vm = pagedVm();
  const paging = pagingOf(vm, vm.vcpus.get(0).registers, 'documented');
  const walker = new Walker(paging);
  const { hits, misses } = addresses();
  let found = 0;
  const plain = (list) => {
    const highs = Uint32Array.from(list, (address) => Number(address >> 32n));
    const lows = Uint32Array.from(list, (address) => Number(address & 0xffffffffn));
    return () => {
      for (let i = 0; i < WALKS; i++) if (walker.walk(highs[i & 4095], lows[i & 4095], 0) >= 0) found++;
    };
  };
  const explained = (list) => () => {
    for (let i = 0; i < WALKS / 10; i++)
      if (explainWalk(paging, walker.levels, list[i & 4095], 0).stopped === undefined) found++;
  };
  const rows = [
    ['page walks, 4 levels, mapped', await rate(WALKS, 5, plain(hits)), '/s'],
    ['page walks, 4 levels, not mapped', await rate(WALKS, 5, plain(misses)), '/s'],
    ['the same explained, mapped', await rate(WALKS / 10, 5, explained(hits)), '/s'],
    ['the same explained, not mapped', await rate(WALKS / 10, 5, explained(misses)), '/s'],
  ];
  if (found !== 5 * (WALKS + WALKS / 10)) throw new Error(`${found} walks found a page`);
  return [...rows, ...(await benchBatches(hits))];
}

/** Batches of 10,000 translations over HTTP, one after the other. */
async function benchBatches(hits) {
  const { path, remove } = scratch();
  const service = await serve(join(import.meta.dirname, '..', 'dist', 'api', 'main.js'), { PORT: '0', DATA_DIR: path });
  const send = async (method, url, body) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${service.url}/v1/vms${url}`, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${url}: ${await response.text()}`);
    return response.json();
  };
  await send('POST', '', { id: 'bench', arch: 'x86_64' });
  await send('PUT', '/bench/memslots/0', SLOT);
  await send('POST', '/bench/vcpus', { id: 0 });
  const writes = tables().map(({ gpa, data }) => ({ gpa, data: data.toString('base64') }));
  await send('PUT', '/bench/memory', { writes });
  await send('PATCH', '/bench/vcpus/0/registers', REGISTERS);
  const ops = Array.from({ length: BATCH }, (_, i) => ({ linearAddress: `0x${hits[i & 4095].toString(16)}` }));
  const rates = [];
  for (let round = 0; round <= 2 * BATCHES; round++) {
    const start = process.hrtime.bigint();
    const { results } = await send('POST', '/bench/vcpus/0/translate/batch', { ops });
    if (!results.every(({ valid }) => valid)) throw new Error('a page was not found');
    rates.push(BATCH / (Number(process.hrtime.bigint() - start) / 1e9));
  }
  await service.stop();
  remove();
  return [['translations over HTTP, 10,000 a batch', median(rates.slice(BATCHES)), '/s']];
}
