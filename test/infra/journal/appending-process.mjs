// Appends to the journal in argv[2] from 64 lanes at once until it is killed, and prints each record once it is answered.
import { openSqliteJournal } from '../../../dist/infra/journal/sqlite-journal.js';

const { journal } = await openSqliteJournal({ file: process.argv[2] });

/** Waits while the pipe is full. */
const print = (line) => new Promise((resolve) => process.stdout.write(`${line}\n`, resolve));

const lane = async (vm) => {
  for (let { version } = await journal.streamHead(vm); ; version++) {
    const tail = `,"version":${version + 1},"vm":"${vm}"}`;
    const data =
      version % 4 ? [] : [{ role: 'data', salt: new Uint8Array(32), bytes: new Uint8Array(100).fill(version) }];
    const index = { type: 'mem_op', ret: 0, actor: 'alice', time: version };
    const record = await journal.append({ vm, version: version + 1, head: '{"position":', tail, data, index });
    await print(`${record.position} ${vm} ${record.version} ${Buffer.from(record.leafHash).toString('hex')}`);
  }
};

await Promise.all(Array.from({ length: 64 }, (_, i) => lane(`vm-${i}`)));
