import { Api, type Body } from './support/api.js';
import { X86Guest, replayed } from './support/x86.js';

const K = 0x100000;
const MEM_MAP = 32;
const MEM_UNMAP = 33;
const failed = (cause: string) => ({ ret: 0, rax: '0xfffffffffffffff2', result: -14, code: 'KVM_EFAULT', cause });

describe('pages that two VMs share, over REST', () => {
  let api: Api;
  let made = 0;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  /** A target, hooked, and a VM in which its tool runs. */
  async function pair(): Promise<{ target: X86Guest; tool: X86Guest }> {
    const n = made++;
    const target = await (await X86Guest.start(api, `t-${n}`)).hook();
    return { target, tool: await X86Guest.start(api, `i-${n}`) };
  }

  /** Asks a target's channel for a token and writes it where the guest of a tool finds it. */
  async function give(target: X86Guest, tool: X86Guest): Promise<void> {
    const { token } = await target.tool('get_map_token');
    await tool.put(K, Buffer.from(String(token), 'base64'));
  }

  const last = async (vm: X86Guest): Promise<Body> => (await vm.journal()).at(-1) ?? {};

  it('one frame is seen by both, one fact stands in both ledgers, and both replay', async () => {
    const { target, tool } = await pair();
    await target.put(0x5000, Uint8Array.of(1, 2, 3));
    await tool.put(0x9000, Uint8Array.of(9));
    await give(target, tool);
    const mapped = await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000']);
    expect(mapped).toMatchObject({ ret: 0, rax: '0x0', result: 0, clobbered: [] });

    const [own, theirs] = [await last(tool), await last(target)];
    expect(own).toMatchObject({
      position: mapped['position'],
      counterpart: { vm: target.id, position: theirs['position'] },
      events: expect.arrayContaining([
        expect.objectContaining({ type: 'page_borrowed', lender: target.id }),
      ]) as unknown,
    });
    expect(theirs).toMatchObject({
      command: { type: 'lend_page', borrower: tool.id },
      counterpart: { vm: tool.id, position: mapped['position'] },
      events: [{ type: 'map_token_spent' }, { type: 'page_lent', borrower: tool.id }],
    });

    expect(await tool.bytes(0x9000, 3)).toEqual([1, 2, 3]);
    await tool.guest('store', { gva: '0x9001', data: 'BAU=' });
    expect(await target.bytes(0x5000, 3)).toEqual([1, 4, 5]);
    expect(await target.tool('read_physical', { gpa: '0x5000', size: 3 })).toMatchObject({ data: 'AQQF' });
    const { version } = await target.done('GET', 'introspection');
    await target.put(0x5002, Uint8Array.of(6));
    expect(await tool.guest('load', { gva: '0x9002', size: 1 })).toMatchObject({ data: 'Bg==' });
    expect(await target.bytes(0x5000, 3, `&version=${String(version)}`)).toEqual([1, 4, 5]);

    expect(await tool.hypercall(MEM_UNMAP, ['0x9000'])).toMatchObject({ result: 0 });
    expect(await last(target)).toMatchObject({
      command: { type: 'return_page' },
      events: [{ type: 'page_taken_back' }],
    });
    expect(await tool.bytes(0x9000, 3)).toEqual([0, 0, 0]);
    expect(await target.bytes(0x5000, 3)).toEqual([1, 4, 6]);
    expect(await tool.hypercall(MEM_UNMAP, ['0x9000'])).toMatchObject(failed('ENOENT'));
    for (const { id } of [target, tool]) expect(await replayed(api, id)).toEqual([]);
  });

  it('an access through the frame is found under both', async () => {
    const { target, tool } = await pair();
    await give(target, tool);
    await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000']);
    for (const gva of ['0x8000', '0x9000']) await tool.guest('store', { gva, data: 'AA==' });
    const stored = await tool.guest('store', { gva: '0x9001', data: 'BAU=' });
    const read = await target.tool('read_physical', { gpa: '0x5000', size: 3 });
    const aside = await tool.guest('load', { gva: '0x8000', size: 1 });
    const found = async (vm: X86Guest, gpa: string) => {
      const { items } = await api.done('GET', `/v1/journal?vm=${vm.id}&gpa=${gpa}`);
      return (items as Body[]).map(({ position }) => position);
    };
    for (const positions of [await found(target, '0x5000'), await found(tool, '0x9000')]) {
      expect(positions).toEqual(expect.arrayContaining([stored['position'], read['position']]));
      expect(positions).not.toContain(aside['position']);
    }
    expect(await found(target, '0x6000')).not.toContain(stored['position']);
    await tool.hypercall(MEM_UNMAP, ['0x9000']);
    const later = await tool.guest('load', { gva: '0x9000', size: 1 });
    expect(await found(target, '0x5000')).not.toContain(later['position']);
    expect(await found(tool, '0x9000')).toContain(later['position']);
  });

  it('a token is good once; what fails is in the ledger with its cause', async () => {
    const { target, tool } = await pair();
    await give(target, tool);
    expect(await tool.hypercall(MEM_MAP, [K, '0x400000', '0x9000'])).toMatchObject(failed('EFAULT'));
    expect(await last(tool)).toMatchObject({ outcome: { ret: 0, result: -14, cause: 'EFAULT' } });
    expect(await last(target)).toMatchObject({ command: { refusal: 'EFAULT' }, events: [{ type: 'map_token_spent' }] });
    const before = await last(target);
    expect(await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000'])).toMatchObject(failed('ENOENT'));
    expect(await last(tool)).not.toHaveProperty('counterpart');
    expect(await last(target)).toEqual(before);
    await give(target, tool);
    expect(await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000'], { cpl: 3 })).toMatchObject({ result: -1 });
    expect(await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000'])).toMatchObject({ result: 0 });
    await give(target, tool);
    expect(await tool.hypercall(MEM_MAP, [K, '0x6000', '0x9000'])).toMatchObject(failed('EALREADY'));
    expect(await replayed(api)).toEqual([]);
  });

  it('of other VMs: another introspector, and the target itself', async () => {
    const { target, tool } = await pair();
    const other = await X86Guest.start(api, `j-${made}`);
    await give(target, tool);
    await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000']);
    await other.put(0x9000, Uint8Array.of(7));
    await give(target, other);
    expect(await other.hypercall(MEM_MAP, [K, '0x6000', '0x9000'])).toMatchObject(failed('EINVAL'));
    expect(await other.bytes(0x9000, 1)).toEqual([0]);
    await give(target, target);
    expect(await target.hypercall(MEM_MAP, [K, '0x6000', '0x9000'])).toMatchObject(failed('EINVAL'));
    expect(await target.done('GET', 'introspection')).toMatchObject({ tokens: 0 });
    expect(await replayed(api, other.id)).toEqual([]);
    expect(await replayed(api, target.id)).toEqual([]);
  });

  it('unhooking keeps mappings and drops tokens', async () => {
    const { target, tool } = await pair();
    await give(target, tool);
    await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000']);
    await give(target, tool);
    await target.done('POST', 'introspection/unhook', {});
    await target.put(0x5000, Uint8Array.of(8));
    expect(await tool.bytes(0x9000, 1)).toEqual([8]);
    expect(await tool.hypercall(MEM_MAP, [K, '0x6000', '0xa000'])).toMatchObject(failed('ENOENT'));
  });

  it('the target is destroyed: the pages are zero, the mapping is gone, both replay', async () => {
    const { target, tool } = await pair();
    await target.put(0x5000, Uint8Array.of(8));
    await give(target, tool);
    await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000']);
    await target.done('DELETE', '');
    expect(await last(target)).toMatchObject({ command: { type: 'destroy_vm' }, counterpart: { vm: tool.id } });
    expect(await last(tool)).toMatchObject({
      command: { type: 'lose_pages' },
      events: [{ type: 'pages_lost', lender: target.id }],
    });
    expect(await tool.bytes(0x9000, 1)).toEqual([0]);
    expect(await tool.hypercall(MEM_UNMAP, ['0x9000'])).toMatchObject(failed('ENOENT'));
    for (const { id } of [target, tool]) expect(await replayed(api, id)).toEqual([]);
  });

  it('the tool’s VM is destroyed: the target keeps what was written', async () => {
    const { target, tool } = await pair();
    await give(target, tool);
    await tool.hypercall(MEM_MAP, [K, '0x5000', '0x9000']);
    await tool.put(0x9000, Uint8Array.of(8));
    await tool.done('DELETE', '');
    expect(await last(target)).toMatchObject({ command: { type: 'take_back_pages', borrower: tool.id } });
    expect(await target.bytes(0x5000, 1)).toEqual([8]);
    for (const { id } of [target, tool]) expect(await replayed(api, id)).toEqual([]);
  });
});
