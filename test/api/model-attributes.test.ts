import { lastValueFrom } from 'rxjs';
import { todAt } from '../../src/domain/s390x/model/tod.js';
import { Api } from './support/api.js';

interface Recorded {
  readonly time: string;
  readonly command: Record<string, unknown>;
  readonly events: Record<string, unknown>[];
}

describe('attributes of CPU model, clock and crypto controls', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
  });
  afterAll(() => api.close());

  const PATH = '/v1/vms/m/attributes';
  const lastRecord = async (): Promise<Recorded> => {
    const { items } = await api.done('GET', `/v1/journal?after=${(await api.head()) - 1}`);
    return (items as Recorded[])[0] as Recorded;
  };
  const payloadOf = ({ ret: _, version: _version, position: _position, ...payload }: Record<string, unknown>) =>
    payload;

  it.each(['processor', 'processor_feat', 'processor_uv_feat_guest'])(
    'cpu_model/%s is written back as it was read',
    async (name) => {
      const payload = payloadOf(await api.done('GET', `${PATH}/cpu_model/${name}`));
      expect(await api.done('PUT', `${PATH}/cpu_model/${name}`, payload)).toMatchObject({ ret: 0 });
      expect(payloadOf(await api.done('GET', `${PATH}/cpu_model/${name}`))).toEqual(payload);
    },
  );

  it('cpu_model/processor_subfunc can be what the machine has', async () => {
    expect((await api.call('GET', `${PATH}/cpu_model/processor_subfunc`)).body['errno']).toBe('EINVAL');
    const payload = payloadOf(await api.done('GET', `${PATH}/cpu_model/machine_subfunc`));
    await api.done('PUT', `${PATH}/cpu_model/processor_subfunc`, payload);
    expect(payloadOf(await api.done('GET', `${PATH}/cpu_model/processor_subfunc`))).toEqual(payload);
  });

  it('cpu_model/machine is the host, which the VM and its profile show too', async () => {
    const machine = await api.done('GET', `${PATH}/cpu_model/machine`);
    const { host } = await api.done('GET', '/v1/vms/m');
    const { s390x } = await api.done('GET', '/v1/host-profiles');
    expect(host).toEqual(s390x);
    expect(host).toMatchObject({ cpuid: machine['cpuid'], ibc: machine['ibc'], feat: [0], apInstructions: false });
  });

  it('take the host of the VM', async () => {
    const host = { cpuid: '0x123', ibc: 0x300040, feat: [4, 0], subfunc: { plo: 'f0' }, apInstructions: true };
    await api.done('POST', '/v1/vms', { id: 'own', arch: 's390x', host });
    const own = (name: string) => api.done('GET', `/v1/vms/own/attributes/cpu_model/${name}`);
    expect(await own('machine')).toMatchObject({ cpuid: '0x123', ibc: 0x300040 });
    expect(await own('processor')).toMatchObject({ cpuid: '0xff00000000000123', ibc: 0x40 });
    expect(await own('machine_feat')).toMatchObject({ feat: { bits: [0, 4] } });
    expect(await own('machine_subfunc')).toMatchObject({ subfunc: { plo: 'f0'.padEnd(64, '0') } });
    expect(await api.done('PUT', '/v1/vms/own/attributes/crypto/enable_apie')).toMatchObject({ ret: 0 });
  });

  it("the clock is the record's time, and goes on from what was set", async () => {
    const now = await api.done('GET', `${PATH}/tod/ext`);
    const read = await lastRecord();
    const hostTod = todAt(Date.parse(read.time));
    expect([now['epochIdx'], BigInt(now['tod'] as string)]).toEqual([hostTod.epochIdx, hostTod.tod]);
    expect(BigInt((read.command['hostTod'] as { tod: string }).tod)).toBe(hostTod.tod);

    await api.done('PUT', `${PATH}/tod/low`, { value: '0x1000' });
    const written = await lastRecord();
    const later = await api.done('GET', `${PATH}/tod/low`);
    const elapsed = todAt(Date.parse((await lastRecord()).time)).tod - todAt(Date.parse(written.time)).tod;
    expect(BigInt(later['value'] as string)).toBe(0x1000n + elapsed);
    expect(await api.done('GET', `${PATH}/tod/high`)).toMatchObject({ value: '0x0' });
  });

  it('the flags of tod are looked at, in body and query', async () => {
    expect((await api.call('PUT', `${PATH}/tod/low`, { value: 0, flags: 1 })).body['errno']).toBe('EINVAL');
    expect((await api.call('GET', `${PATH}/tod/low?flags=1`)).body['errno']).toBe('EINVAL');
  });

  it('of wrapping keys there is a fingerprint, another one at every call', async () => {
    const fingerprints: unknown[] = [];
    for (const name of ['aes', 'aes', 'dea']) {
      expect(payloadOf(await api.done('PUT', `${PATH}/crypto/enable_${name}_kw`))).toEqual({});
      const { command, events } = await lastRecord();
      expect(Object.keys(command).sort()).toEqual(['attr', 'flags', 'group', 'payload', 'type', 'wrappingKey']);
      expect(events).toEqual([
        { type: 'key_wrapping_set', algorithm: name, enabled: true, fingerprint: command['wrappingKey'] },
      ]);
      fingerprints.push(command['wrappingKey']);
    }
    expect(new Set(fingerprints).size).toBe(3);
    expect(fingerprints.every((text) => /^[0-9a-f]{64}$/.test(String(text)))).toBe(true);
  });

  it.each<[path: string, body: object, field: string]>([
    ['crypto/enable_aes_kw', { wrappingKey: 'ab'.repeat(32) }, 'wrappingKey'],
    ['tod/low', { value: 0, hostTod: { epochIdx: 0, tod: 0 } }, 'hostTod'],
    ['cpu_model/processor', { cpuid: 1, ibc: 2, facList: 'x' }, 'facList'],
    ['cpu_model/processor_feat', { feat: [2000] }, 'feat'],
  ])('facts of the outside and wrong shapes are malformed: %s %j', async (path, body, field) => {
    const head = await api.head();
    const answer = await api.call('PUT', `${PATH}/${path}`, body);
    expect([answer.status, (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([400, field]);
    expect(await api.head()).toBe(head);
  });

  it('the number of cpu_topology is the value', async () => {
    await api.done('PUT', '/v1/vms/m/capabilities/s390_cpu_topology');
    await api.done('PUT', `${PATH}/cpu_topology/5`);
    expect(await api.done('GET', `${PATH}/cpu_topology/0`)).toMatchObject({ value: '0x1' });
    await api.done('PUT', `${PATH}/cpu_topology/0`);
    expect(await api.done('GET', `${PATH}/cpu_topology/5`)).toMatchObject({ value: '0x0' });
  });

  it('all of it is reproduced by a replay', async () => {
    const { id } = await api.service.replays.start();
    const progress = api.service.replays.progress(id);
    if (progress === undefined) throw new Error('the replay is not known');
    const { state, divergences } = await lastValueFrom(progress);
    expect({ state, divergences }).toEqual({ state: 'done', divergences: [] });
  });
});
