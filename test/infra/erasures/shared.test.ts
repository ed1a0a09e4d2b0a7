import fc from 'fast-check';
import { WouldTakeFrom } from '../../../src/infra/erasures/erasures.js';
import { Estate } from './estate.js';

const TOKEN_AT = 0x8000;
const MEM_MAP = 32;
const MEM_UNMAP = 33;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** VMs with tools, whose pages can be mapped into each other. */
class Neighbours extends Estate {
  async create(...vms: readonly string[]): Promise<void> {
    for (const vm of vms) {
      await this.run(vm, { type: 'create_vm', arch: 'x86_64' });
      await this.run(vm, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: 0x10000 });
      await this.run(vm, { type: 'create_vcpu', id: 0 });
      await this.run(vm, { type: 'introspection_hook' });
      await this.run(vm, { type: 'introspection_allow', command: 'get_map_token', allow: 1 });
    }
  }

  write(vm: string, gpa: number, bytes: Uint8Array) {
    return this.run(vm, { type: 'write_memory', extents: [{ gpa, size: bytes.length }], data: base64(bytes) });
  }

  read(vm: string, gpa: number, asOf?: number) {
    return this.run(vm, { type: 'read_memory', gpa, size: 2, asOf });
  }

  async map(from: string, to: string, page: number, as: number): Promise<void> {
    const { secret, commitment } = this.machines.newToken();
    await this.run(from, { type: 'introspection_command', command: 'get_map_token', token: commitment });
    await this.write(to, TOKEN_AT, secret);
    await this.run(to, { type: 'x86_hypercall', vcpu: 0, nr: MEM_MAP, args: [TOKEN_AT, page, as] });
  }

  async unmap(vm: string, page: number): Promise<void> {
    await this.run(vm, { type: 'x86_hypercall', vcpu: 0, nr: MEM_UNMAP, args: [page] });
  }

  destroy(vm: string) {
    return this.run(vm, { type: 'destroy_vm' });
  }
}

const VMS = ['a', 'b', 'c'] as const;
const vm = fc.constantFrom(...VMS);
const page = fc.constantFrom(0x1000, 0x2000, 0x3000);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), vm, page, byte: fc.nat(255), whole: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('map' as const), vm, to: vm, page, as: page }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unmap' as const), vm, page }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), vm, page }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destroy' as const), vm }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('erase' as const), vm, from: fc.nat(1000), to: fc.nat(1000) }),
  },
);

describe('erasures among VMs that share pages', () => {
  it('leave every byte of each what it was or erased, digests right, and the rest to be replayed', async () => {
    const seen = { right: 0, erased: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 30 }), async (steps) => {
        const town = new Neighbours();
        await town.create(...VMS);
        for (const next of steps) {
          if (next.kind === 'write')
            await town.write(next.vm, next.page, new Uint8Array(next.whole ? 4096 : 3).fill(next.byte));
          else if (next.kind === 'map') await town.map(next.vm, next.to, next.page, next.as);
          else if (next.kind === 'unmap') await town.unmap(next.vm, next.page);
          else if (next.kind === 'read') await town.read(next.vm, next.page);
          else if (next.kind === 'destroy') await town.destroy(next.vm);
          else {
            const { position: head } = await town.journal.streamHead(next.vm);
            const [from, to] = [1 + (next.from % head), 1 + (next.to % head)].sort((a, b) => a - b);
            await town.erase(next.vm, from, to).catch((error: unknown) => {
              if (!(error instanceof WouldTakeFrom)) throw error;
            });
          }
        }
        const { wrong, right, erased } = await town.review();
        expect(wrong).toEqual([]);
        expect(await town.replay()).toMatchObject({ state: 'done', divergences: [] });
        seen.right += right;
        seen.erased += erased.length;
      }),
      { numRuns: 40 },
    );
    expect(seen.right).toBeGreaterThan(200);
    expect(seen.erased).toBeGreaterThan(10);
  }, 120_000);

  it('do not take what a VM that lives was given by another, until that is destroyed', async () => {
    const town = new Neighbours();
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x2000);
    await town.write('b', 0x2000, Uint8Array.of(7, 8));
    await expect(town.erase('b')).rejects.toThrow('VM a is alive');
    expect(await town.journal.read({ after: 0, limit: 100, type: 'erase_memory' })).toEqual([]);
    expect((await town.read('a', 0x1000))?.decision.reply).toEqual({ data: Uint8Array.of(7, 8) });
    await town.destroy('a');
    await town.erase('b');
    expect(await town.review()).toMatchObject({ wrong: [] });
  });

  it('do not keep a VM that was destroyed from refusing what it is asked', async () => {
    const town = new Neighbours();
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x2000);
    await town.destroy('b');
    await town.erase('b');
    const call = await town.run('b', { type: 'x86_hypercall', vcpu: 0, nr: MEM_MAP, args: [TOKEN_AT, 0x1000, 0x2000] });
    expect(call?.decision.errno).toBe('ENOENT');
    expect(await town.replay()).toMatchObject({ state: 'done', divergences: [] });
  });

  it('of a lender leave to the borrower what is its own', async () => {
    const town = new Neighbours();
    await town.create('a', 'b');
    await town.write('a', 0x1000, Uint8Array.of(1, 2));
    await town.write('b', 0x3000, Uint8Array.of(5, 6));
    await town.map('a', 'b', 0x1000, 0x2000);
    const { kept } = await town.erase('a');
    expect(kept).toBe(1);
    expect((await town.read('b', 0x2000))?.decision.reply).toEqual({ data: Uint8Array.of(1, 2) });
    expect((await town.read('b', 0x3000))?.decision.reply).toEqual({ data: Uint8Array.of(5, 6) });
    expect(await town.review()).toMatchObject({ wrong: [] });
    expect(await town.replay()).toMatchObject({ divergences: [] });
  });
});
