import { type Case, type Group, groups } from '../support/dat-vectors.js';
import { Api, base64 } from './support/api.js';

/** One case in so many goes over REST; all of them are held against the domain itself. */
const EVERY = 20;

const sample = groups.flatMap((group) => group.cases.map((one) => ({ group, one }))).filter((_, i) => i % EVERY === 0);

const doubleword = (value: string): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

const bytesOf = ({ hex, fill = '0x0', count = 0 }: Group['image'][number]): Buffer =>
  hex === undefined ? Buffer.alloc(8 * count, doubleword(fill)) : Buffer.from(hex, 'hex');

const partsOf = ({ len, expect: { abs = '', parts } }: Case): [string, number][] => parts ?? [[abs, len]];

interface Outcome {
  readonly ret: number;
  readonly absolute?: string;
  readonly data?: string;
  readonly exception?: { readonly transExcCode?: string };
}

describe('DAT as a CPU does it, over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  async function vmOf({ group: id, memoryMiB, facilities, image, vcpu }: Group): Promise<void> {
    if ((await api.call('GET', `/v1/vms/${id}`)).status === 200) return;
    await api.done('POST', '/v1/vms', { id, arch: 's390x', host: { facilities } });
    await api.done('PUT', `/v1/vms/${id}/memslots/0`, { guestPhysAddr: 0, size: memoryMiB * 2 ** 20 });
    const writes = image.map((piece) => ({ gpa: piece.abs, data: base64(bytesOf(piece)) }));
    if (writes.length > 0) await api.done('PUT', `/v1/vms/${id}/memory`, { writes });
    await api.done('POST', `/v1/vms/${id}/vcpus`, { id: 0 });
    await api.done('PATCH', `/v1/vms/${id}/vcpus/0/registers`, { prefix: vcpu.prefix });
  }

  const memory = async (vm: string, [gpa, size]: [string, number]): Promise<string> =>
    (await api.done('GET', `/v1/vms/${vm}/memory?gpa=${gpa}&size=${size}`))['data'] as string;

  const memories = async (vm: string, one: Case): Promise<Buffer> => {
    const pieces = await Promise.all(partsOf(one).map((part) => memory(vm, part)));
    return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
  };

  it('takes a good part of the cases', () => {
    expect(sample.length).toBeGreaterThan(140);
    expect(new Set(sample.map(({ group }) => group.group)).size).toBeGreaterThan(30);
  });

  it.each(sample.map(({ group, one }) => [one.id, group, one] as const))('%s', async (_id, group, one) => {
    const { group: vm, vcpu } = group;
    const { access, gva: gaddr, len: size, expect: expected } = one;
    await vmOf(group);
    const psw = { mask: one.pswMask ?? vcpu.pswMask, addr: 0 };
    await api.done('PATCH', `/v1/vms/${vm}/vcpus/0/registers`, { psw, crs: { ...vcpu.cr, ...one.cr } });
    const call = async (path: string, body: object) =>
      (await api.done('POST', `/v1/vms/${vm}/vcpus/0/${path}`, body)) as unknown as Outcome;
    const outcome = ({ ret, exception }: Outcome) => [ret, exception?.transExcCode];

    if (access === 'fetch') {
      const answer = await call('translate', { gaddr, access: ['exec'] });
      expect(outcome(answer)).toEqual([expected.pgm, expected.teid]);
      expect(answer.absolute).toBe(expected.abs);
      return;
    }
    const data = Buffer.from(Array.from({ length: size }, (_, i) => (i * 37 + 1) & 255));
    if (access === 'write') {
      const before = expected.pgm === 0 ? await memories(vm, one) : undefined;
      expect(outcome(await call('memop', { op: 'logical_write', gaddr, size, data: base64(data) }))).toEqual([
        expected.pgm,
        expected.teid,
      ]);
      if (before === undefined) return;
      expect(await memories(vm, one)).toEqual(data);
      // Every case starts from the group's initial storage.
      let at = 0;
      const writes = partsOf(one).map(([gpa, length]) => ({
        gpa,
        data: base64(before.subarray(at, (at += length))),
      }));
      await api.done('PUT', `/v1/vms/${vm}/memory`, { writes });
      return;
    }
    const answer = await call('memop', { op: 'logical_read', gaddr, size });
    expect(outcome(answer)).toEqual([expected.pgm, expected.teid]);
    if (expected.pgm !== 0) return;
    expect(answer.data).toBe(base64(await memories(vm, one)));
    expect((await call('translate', { gaddr })).absolute).toBe(expected.abs);
  });
});
