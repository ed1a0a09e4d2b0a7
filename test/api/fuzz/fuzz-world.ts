import type { Api, Body } from '../support/api.js';

/** VMs that requests can name: one of each kind, one with nothing in it, one that was destroyed. */
export const VMS = ['s', 's', 'x', 'x', 'a', 'u', 'empty', 'gone'] as const;

type Name = (typeof VMS)[number];

const SLOT = { guestPhysAddr: 0, size: '0x400000', flags: ['log_dirty_pages'] };

/** What requests are made to: VMs, a webhook and a replay, made again when a request has done away with them. */
export class FuzzWorld {
  private readonly ids = new Map<string, string>();
  private made = 0;

  constructor(private readonly api: Api) {}

  /** A path with what its names stand for. */
  path(path: string): string {
    return path.replace(/\{(?:vm:)?(\w+)\}/g, (_, name: string) => this.ids.get(name) ?? name);
  }

  /** Makes what is not there. */
  async refresh(): Promise<void> {
    for (const name of new Set(VMS)) {
      const id = this.ids.get(name);
      const body: Body = id === undefined ? {} : (await this.api.call('GET', `/v1/vms/${id}`)).body;
      if (body['version'] === undefined || (name !== 'gone' && body['destroyedAt'] !== undefined))
        this.ids.set(name, await this.make(name));
    }
    const webhook = this.ids.get('webhook');
    if (webhook === undefined || (await this.api.call('GET', `/v1/webhooks/${webhook}`)).status !== 200) {
      const settings = { url: 'http://127.0.0.1:9/', maxAttempts: 1, filter: { vm: 'nobody' } };
      this.ids.set('webhook', String((await this.api.done('POST', '/v1/webhooks', settings))['id']));
    }
    const { id } = await this.api.done('POST', '/v1/replays', { vm: this.ids.get('empty') });
    this.ids.set('replay', String(id));
    for (const { id: other } of (await this.api.done('GET', '/v1/webhooks'))['items'] as Body[])
      if (other !== this.ids.get('webhook')) await this.api.done('DELETE', `/v1/webhooks/${String(other)}`);
  }

  private async make(name: Name): Promise<string> {
    const id = `${name}-${this.made++}`;
    const arch = name === 'x' ? 'x86_64' : name === 'a' ? 'aarch64' : 's390x';
    await this.api.done('POST', '/v1/vms', { id, arch, ...(name === 'u' && { type: 'ucontrol' }) });
    const vm = `/v1/vms/${id}`;
    if (['s', 'x', 'a'].includes(name)) {
      await this.api.done('PUT', `${vm}/memslots/0`, SLOT);
      for (const vcpu of [0, 1]) await this.api.done('POST', `${vm}/vcpus`, { id: vcpu });
    }
    if (name === 'x') {
      await this.api.done('POST', `${vm}/introspection/hook`, {});
      await this.api.done('POST', `${vm}/introspection/allow`, { command: 'all', allow: 1 });
      await this.api.done('POST', `${vm}/introspection/allow`, { event: 'all', allow: 1 });
    }
    if (name === 'u') await this.api.done('POST', `${vm}/vcpus`, { id: 0 });
    if (name === 'gone') await this.api.done('DELETE', vm);
    return id;
  }
}
