import { type Case, type Group, expectedOf, flagsOf, groups } from '../support/walk-vectors.js';
import { Api, base64 } from './support/api.js';

/** One case in so many goes over REST; all of them are held against the domain itself. */
const EVERY = 20;

const sample = groups.flatMap((group) => group.cases.map((one) => ({ group, one }))).filter((_, i) => i % EVERY === 0);

interface Outcome {
  readonly valid: boolean;
  readonly physicalAddress: string;
  readonly errorCode: { readonly code: number } | null;
  readonly setBitsSucceeded: boolean;
}

describe('page walks as a CPU does them, over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const image = ({ image: pieces }: Group) =>
    pieces.map(({ gpa, hex }) => ({ gpa, data: base64(Buffer.from(hex, 'hex')) }));

  const load = async (group: Group): Promise<void> => {
    const writes = image(group);
    if (writes.length > 0) await api.done('PUT', `/v1/vms/${group.group}/memory`, { writes });
  };

  async function vmOf(group: Group): Promise<void> {
    const { group: id, memoryMiB, maxphyaddr, cpuid, sregs, rflags } = group;
    if ((await api.call('GET', `/v1/vms/${id}`)).status === 200) return;
    const host = { maxPhysAddrBits: maxphyaddr, gbPages: cpuid.pdpe1gb };
    await api.done('POST', '/v1/vms', { id, arch: 'x86_64', host });
    await api.done('PUT', `/v1/vms/${id}/memslots/0`, { guestPhysAddr: 0, size: memoryMiB * 2 ** 20 });
    await load(group);
    await api.done('POST', `/v1/vms/${id}/vcpus`, { id: 0 });
    const l = (BigInt(sregs.efer) & 0x400n) === 0n ? 0 : 1;
    await api.done('PATCH', `/v1/vms/${id}/vcpus/0/registers`, { ...sregs, rflags, cs: { l } });
  }

  const read = async (vm: string, gpa: string, size: number): Promise<bigint> => {
    const { data } = await api.done('GET', `/v1/vms/${vm}/memory?gpa=${gpa}&size=${size}`);
    return Buffer.from(data as string, 'base64').reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  };

  it('takes a good part of the cases', () => {
    expect(sample.length).toBeGreaterThan(200);
    expect(new Set(sample.map(({ group }) => group.mode)).size).toBe(5);
    expect(sample.filter(({ one }) => one.after !== undefined).length).toBeGreaterThan(20);
  });

  const expectAnswer = (answer: Outcome, one: Case) => {
    const { valid, pa, errorCode, entryPa, unbackedPage, setBits } = expectedOf(one);
    expect([answer.valid, answer.errorCode?.code]).toEqual([valid, errorCode]);
    const at = pa ?? entryPa;
    if (at !== undefined) expect(answer.physicalAddress).toBe(at);
    if (unbackedPage !== undefined) expect(BigInt(answer.physicalAddress) & ~0xfffn).toBe(BigInt(unbackedPage));
    if (setBits !== undefined) expect(answer.setBitsSucceeded).toBe(setBits);
  };

  it.each(sample.map(({ group, one }) => [one.id, group, one] as const))('%s', async (_id, group, one) => {
    const { group: vm, mode } = group;
    await vmOf(group);
    const request = { linearAddress: one.gva, flags: flagsOf(one), access: one.access };
    const answer = (await api.done('POST', `/v1/vms/${vm}/vcpus/0/translate`, request)) as unknown as Outcome;
    expectAnswer(answer, one);
    const size = mode === '32bit' ? 4 : 8;
    for (const { gpa, entry } of expectedOf(one).after) expect(await read(vm, gpa, size)).toBe(BigInt(entry));
    // Every case starts from the group's image.
    if (one.flags.length > 0) await load(group);
  });
});
