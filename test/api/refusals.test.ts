import { Api } from './support/api.js';
import { X86Guest } from './support/x86.js';

/** PFAULT_DONE interruptions that can wait at a VM (ASYNC_PF_PER_VCPU for each of 255 vCPUs). */
const MOST_PFAULTS = 16_320;

describe('refusals that few tests come by', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const refusal = async (method: string, path: string, body?: unknown): Promise<unknown[]> => {
    const { status, body: problem } = await api.call(method, path, body);
    return [status, problem['errno']];
  };

  describe('of an x86_64 vCPU that waits for the reply to an event', () => {
    beforeAll(async () => {
      const guest = await (await X86Guest.start(api, 'waiting')).hook('breakpoint');
      expect(await guest.guest('int3')).toMatchObject({ waiting: 1 });
    });

    it.each<[string, string, unknown]>([
      ['GET', 'mp-state', undefined],
      ['PUT', 'mp-state', { mpState: 'runnable' }],
      ['POST', 'run', {}],
      ['POST', 'guest', { instruction: 'int3' }],
      ['POST', 'hypercalls', { nr: 1 }],
      ['PATCH', 'registers', { rax: 1 }],
      ['POST', 'translate', { linearAddress: 0 }],
      ['POST', 'translate/batch', { ops: [{ linearAddress: 0 }] }],
      ['POST', 'translate/legacy', { linearAddress: 0 }],
      ['GET', 'mappings?from=0&to=0x1000', undefined],
    ])('%s %s is 409, EBUSY', async (method, path, body) =>
      expect(await refusal(method, `/v1/vms/waiting/vcpus/0/${path}`, body)).toEqual([409, 'EBUSY']),
    );
  });

  it('a slot that overlaps another is 409, EEXIST', async () => {
    await api.machine('slots');
    const slot = { guestPhysAddr: '0x100000', size: '0x100000' };
    expect(await refusal('PUT', '/v1/vms/slots/memslots/1', slot)).toEqual([409, 'EEXIST']);
  });

  it('a second stop that waits is 409, EBUSY', async () => {
    await api.machine('stopped');
    await api.done('PUT', '/v1/vms/stopped/vcpus/0/mp-state', { mpState: 'operating' });
    await api.done('POST', '/v1/vms/stopped/vcpus/0/interrupts', { type: 'sigp_stop' });
    expect(await refusal('POST', '/v1/vms/stopped/vcpus/0/interrupts', { type: 'sigp_stop' })).toEqual([409, 'EBUSY']);
  });

  it('one interruption of a VM more than can wait is 409, EBUSY', async () => {
    await api.machine('full');
    // As if they had come one by one, which takes minutes.
    const { vm } = await api.service.machines.view('full');
    Object.assign(vm, { floating: new Array(MOST_PFAULTS).fill({ type: 'pfault_done', extParams2: 0n }) });
    expect(await refusal('POST', '/v1/vms/full/interrupts', { type: 'pfault_done' })).toEqual([409, 'EBUSY']);
  });

  it('a second exception that a tool injects is 409, EBUSY', async () => {
    const guest = await (await X86Guest.start(api, 'injected')).hook();
    await guest.tool('inject_exception', { vcpu: 0, vector: 6 });
    const again = { command: 'inject_exception', vcpu: 0, vector: 6 };
    expect(await guest.refusal('POST', 'introspection/commands', again)).toEqual([409, 'EBUSY']);
  });

  it('a tool that hears of it is told that it is about to be unhooked', async () => {
    const guest = await (await X86Guest.start(api, 'unhooked')).hook();
    expect(await guest.refusal('POST', 'introspection/preunhook', {})).toEqual([404, 'ENOENT']);
    await guest.tool('control_vm_events', { event: 'unhook', enable: 1 });
    expect(await guest.done('POST', 'introspection/preunhook', {})).toMatchObject({ ret: 0 });
  });

  it('pages of a slot that logs are not dirty once they were cleared', async () => {
    await api.done('POST', '/v1/vms', { id: 'logged', arch: 'x86_64' });
    const slot = { guestPhysAddr: 0, size: '0x40000', flags: ['log_dirty_pages'] };
    await api.done('PUT', '/v1/vms/logged/memslots/0', slot);
    expect(await api.done('POST', '/v1/vms/logged/memslots/0/dirty-log/clear', {})).toMatchObject({ ret: 0 });
  });
});
