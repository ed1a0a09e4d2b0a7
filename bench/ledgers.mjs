import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { command } from '../dist/domain/vm/command.js';
import { openService } from '../dist/infra/service.js';
import { scratch } from './support.mjs';

const SIZES = [10_000, 100_000];
const VMS = 20;

const write = (i) => {
  const data = Buffer.alloc(8, i).toString('base64');
  return { type: 's390_mem_op', op: 'absolute_write', gaddr: 4096 * (i % 4000), size: 8, data };
};

/** A ledger of VMs of which each page is written to now and then. */
async function live(dataDir, records) {
  const { machines, close } = await openService({ dataDir });
  const submit = (vm, input) => machines.submit({ vm, command: command.parse(input), actor: 'bench', requestId: 'r' });
  for (let vm = 0; vm < VMS; vm++) {
    await submit(`vm-${vm}`, { type: 'create_vm', arch: 's390x' });
    await submit(`vm-${vm}`, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x1000000' });
  }
  for (let at = 2 * VMS; at < records; at += 500)
    await Promise.all(
      Array.from({ length: Math.min(500, records - at) }, (_, i) => submit(`vm-${(at + i) % VMS}`, write(at + i))),
    );
  await close();
}

/** Runs a command of the command line; answers its records a second, and its most memory in MiB. */
async function run(records, ...args) {
  const peak = new URL('peak.mjs', import.meta.url).href;
  const main = new URL('../dist/api/cli/main.js', import.meta.url).pathname;
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, ['--import', peak, main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${said}`);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { rate: records / seconds, memory: Number(/peak (\d+)/.exec(said)?.[1]) / 1024 };
}

/** What the command line does with whole ledgers: how fast, and with how much memory as they grow. */
export async function benchLedgers() {
  const { path, remove } = scratch();
  const rows = [];
  for (const records of SIZES) {
    const [dataDir, copy, file] = ['data', 'copy', 'export.jsonl.gz'].map((name) => join(path, name));
    await live(dataDir, records);
    for (const [name, ...args] of [
      ['verify', dataDir],
      ['replay', dataDir],
      ['export', file, '-d', dataDir],
      ['import', file, '-d', copy],
    ]) {
      const { rate, memory } = await run(records, name, ...args);
      rows.push(
        [`${name} of ${records} records`, rate, '/s'],
        [`${name} of ${records} records, most memory`, memory, 'MiB'],
      );
    }
    for (const made of [dataDir, copy, file]) rmSync(made, { recursive: true });
  }
  remove();
  return rows;
}
