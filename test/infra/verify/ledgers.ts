import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, parseCheckpoint } from '../../../src/domain/audit/tlog/checkpoint.js';
import { command } from '../../../src/domain/vm/command.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { type Service, openService } from '../../../src/infra/service.js';
import { type VerifyReport, verifyLedger } from '../../../src/infra/verify/verify-ledger.js';

/** The file of a ledger that was closed, and the checkpoint that was signed last. */
export interface ClosedLedger {
  readonly bytes: Buffer;
  /** The file as it was when it was closed before. */
  readonly earlier: Buffer;
  readonly checkpoint: Checkpoint;
}

/** What happens to VMs: creations, writes, reads, refusals; short data and long. */
async function live(service: Service, vms: readonly string[], writes: number): Promise<void> {
  const submit = (vm: string, input: unknown) =>
    service.machines.submit({ vm, command: command.parse(input), actor: `actor of ${vm}`, requestId: 'r' });
  for (const [i, vm] of vms.entries()) {
    await submit(vm, { type: 'create_vm', arch: 's390x' });
    await submit(vm, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000' });
    await submit(vm, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 1, size: '0x100000' });
    await submit(vm, { type: 'read_memory', gpa: 4096 * i, size: i === 0 ? 9000 : 8 });
  }
  const write = (i: number) => {
    const data = Buffer.alloc(1 + (i % 40), i).toString('base64');
    const where = { gaddr: 4096 * (i % 200), size: 1 + (i % 40) };
    return submit(vms[i % vms.length] ?? '', { type: 's390_mem_op', op: 'absolute_write', ...where, data });
  };
  await Promise.all(Array.from({ length: writes }, (_, i) => write(i)));
}

/** Erasures: of a part of what a VM that lives wrote, of all of it, and of all of a VM that was destroyed. */
async function erase({ erasures, machines, journal }: Service): Promise<void> {
  const by = { reason: 'test', actor: 'eraser', requestId: 'r' };
  await erasures.erase({ vm: 'a', from: 7, to: 20, ...by });
  await erasures.erase({ vm: 'a', ...by });
  await machines.submit({ vm: 'b', command: { type: 'destroy_vm' }, ...by });
  await erasures.erase({ vm: 'b', to: await journal.head(), ...by });
}

/**
 * A ledger of a service that came to its end, and began again, and came to its end.
 *
 * @param erases whether there were erasures
 */
export async function closedLedger(writes: number, erases = false): Promise<ClosedLedger> {
  const dataDir = mkdtempSync(join(tmpdir(), 'closed-'));
  try {
    const lived = async (vms: readonly string[], times: number): Promise<Buffer> => {
      const service = await openService({ dataDir });
      await live(service, vms, times);
      if (erases && vms.includes('a')) await erase(service);
      await service.close();
      return readFileSync(join(dataDir, LEDGER_FILE));
    };
    const earlier = await lived(['a', 'b'], Math.floor(writes / 2));
    const bytes = await lived(['c'], Math.ceil(writes / 2));
    const checkpoint = parseCheckpoint(readFileSync(join(dataDir, 'log', 'checkpoint'), 'utf8'));
    if (checkpoint === undefined) throw new Error('no checkpoint');
    return { bytes, earlier, checkpoint };
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

/** A place for one ledger after the other; removed after the tests. */
export function bench(): {
  readonly file: string;
  readonly verify: (of: ClosedLedger, bytes?: Buffer) => VerifyReport;
} {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, LEDGER_FILE);
  const verify = ({ checkpoint }: ClosedLedger, bytes?: Buffer): VerifyReport => {
    if (bytes) writeFileSync(file, bytes);
    return verifyLedger({ file, checkpoints: [checkpoint], most: 5 });
  };
  return { file, verify };
}
