import { join } from 'node:path';
import { openSqliteJournal } from '../dist/infra/journal/sqlite-journal.js';
import { rate, scratch } from './support.mjs';

const APPENDS = 20_000;

/** Appends of records of 500 bytes without bulk data, one after the other and 64 at a time. */
export async function benchJournal() {
  const { path, remove } = scratch();
  const { journal } = await openSqliteJournal({ file: join(path, 'ledger.sqlite') });
  const filler = 'x'.repeat(440);
  let next = 0;
  const versions = new Map();
  const append = (vm) => {
    const version = (versions.get(vm) ?? 0) + 1;
    versions.set(vm, version);
    const index = { type: 'bench', ret: 0, actor: 'local', time: Date.now() };
    return journal.append({
      vm,
      version,
      head: `{"filler":"${filler}","position":`,
      tail: `,"vm":"${vm}"}`,
      data: [],
      index,
    });
  };
  const inFlight = (count, total) => async () => {
    let left = total;
    const worker = async () => {
      const vm = `vm-${next++ % 64}`;
      while (left-- > 0) await append(vm);
    };
    await Promise.all(Array.from({ length: count }, worker));
  };
  const one = await rate(1000, 5, inFlight(1, 1000));
  const many = await rate(APPENDS, 5, inFlight(64, APPENDS));
  await journal.close();
  remove();
  return [
    ['journal appends, 1 in flight', one, '/s'],
    ['journal appends, 64 in flight', many, '/s'],
  ];
}
