import { createHash } from 'node:crypto';
import { journalPage } from '../../src/api/shapes/journal.js';
import { digester } from '../../src/infra/digester.js';
import { Api } from './support/api.js';

describe('the journal over REST', () => {
  let api: Api;
  let middle: string;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('a'); // positions 1 to 3
    await new Promise((resolve) => setTimeout(resolve, 5));
    middle = api.service.world.now().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await api.machine('b'); // 4 to 6
    await api.done('POST', '/v1/vms/a/memop', {
      op: 5,
      gaddr: '0x5ff8',
      size: 16,
      data: Buffer.alloc(16).toString('base64'),
    }); // 7
    await api.call('POST', '/v1/vms/a/vcpus', { id: 0 }); // 8: EEXIST
    await api.done('POST', '/v1/vms/b/memop', { op: 4, gaddr: '0x9000', size: 8 }); // 9
  });
  afterAll(() => api.close());

  const read = async (path: string) => journalPage.parse(await api.done('GET', path));
  const positions = async (path: string) => (await read(path)).items.map(({ position }) => position);

  it.each([
    ['/v1/journal', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['/v1/journal?after=7', [8, 9]],
    ['/v1/journal?vm=b', [4, 5, 6, 9]],
    ['/v1/journal?vm=nobody', []],
    ['/v1/journal?type=create_vcpu', [3, 6, 8]],
    ['/v1/journal?outcome=refused', [8]],
    ['/v1/journal?outcome=done&type=create_vcpu&vm=a', [3]],
    ['/v1/journal?actor=local&vm=a', [1, 2, 3, 7, 8]],
    ['/v1/journal?actor=somebody', []],
    ['/v1/journal?gpa=0x6000', [7]],
    ['/v1/journal?gpa=0x5000&size=4096', [7]],
    ['/v1/journal?gpa=0x6001&size=0x3000', [7, 9]],
    ['/v1/journal?gpa=0x7000&size=0x2000', []],
    ['/v1/vms/a/journal', [1, 2, 3, 7, 8]],
    ['/v1/vms/a/journal?afterVersion=3', [7, 8]],
    ['/v1/vms/a/journal?afterVersion=1&upToVersion=4', [2, 3, 7]],
    ['/v1/vms/a/journal?outcome=refused', [8]],
  ])('%s', async (path, expected) => {
    expect(await positions(path)).toEqual(expected);
  });

  it('goes by time', async () => {
    expect(await positions(`/v1/journal?to=${middle}`)).toEqual([1, 2, 3]);
    expect(await positions(`/v1/journal?from=${middle}`)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it.each(['/v1/journal?', '/v1/vms/a/journal?', '/v1/journal?type=create_vcpu&'])(
    '%s comes in pages',
    async (path) => {
      const found: number[] = [];
      for (let cursor = ''; ;) {
        const page = await read(`${path}limit=2${cursor}`);
        expect(page.items.length).toBeLessThanOrEqual(2);
        found.push(...page.items.map(({ position }) => position));
        if (page.nextCursor === undefined) break;
        cursor = `&cursor=${page.nextCursor}`;
      }
      expect(found).toEqual(await positions(path.slice(0, -1)));
    },
  );

  it('answers records whose canonical bytes have the leaf hash', async () => {
    const { items } = await read('/v1/journal');
    for (const { leafHash, ...body } of items) {
      const bytes = digester.canonical(JSON.parse(JSON.stringify(body)) as never);
      expect(createHash('sha256').update('\0').update(bytes).digest('hex')).toBe(leafHash);
    }
  });

  it('commits to the data and does not hold it', async () => {
    const { items } = await read('/v1/journal?after=6&limit=1');
    expect(items[0]?.data).toMatchObject([{ role: 'command.data', form: 'bytes', size: 16 }]);
    expect(items[0]?.command).not.toHaveProperty('data');
  });

  it('does not record that it was read', async () => {
    const head = await api.head();
    await read('/v1/journal');
    await api.done('GET', '/v1/vms/a');
    await api.done('GET', '/v1/vms');
    expect(await api.head()).toBe(head);
  });
});
