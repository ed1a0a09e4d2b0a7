import { command } from '../dist/domain/vm/command.js';
import { openService } from '../dist/infra/service.js';
import { scratch } from './support.mjs';

const WRITES = 20_000;

/** Records that the index of accesses takes in a second, and what a question costs once it has them. */
export async function benchAccesses() {
  const { path, remove } = scratch();
  const service = await openService({ dataDir: path });
  const submit = (input) =>
    service.machines.submit({ vm: 'vm', command: command.parse(input), actor: 'bench', requestId: 'r' });
  await submit({ type: 'create_vm', arch: 's390x' });
  await submit({ type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x4000000' });
  const write = (i) => submit({ type: 's390_mem_op', op: 5, gaddr: 4096 * (i % 16384), size: 8, data: 'AAAAAAAAAAA=' });
  await Promise.all(Array.from({ length: WRITES }, (_, i) => write(i)));
  const { accesses } = service;
  const first = async (found) => {
    for await (const each of found) return each;
    return undefined;
  };
  const begin = performance.now();
  await first(accesses.search({}, { position: 0, n: -1 }));
  const indexed = performance.now() - begin;
  const timed = async (count, once) => {
    const since = performance.now();
    for (let i = 0; i < count; i++) await once(i);
    return (count * 1000) / (performance.now() - since);
  };
  const found = await timed(500, (i) =>
    first(accesses.search({ vm: 'vm', gpa: BigInt(4096 * i), size: 8n }, { position: 0, n: -1 })),
  );
  const blamed = await timed(500, (i) => first(accesses.blame({ vm: 'vm', absolute: BigInt(4096 * i), size: 4096 })));
  await service.close();
  remove();
  return [
    ['accesses indexed, records', (WRITES * 1000) / indexed, '/s'],
    ['accesses to a page found', found, '/s'],
    ['pages blamed', blamed, '/s'],
  ];
}
