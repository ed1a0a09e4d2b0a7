import { guestAnswer } from '../../../src/api/shapes/guest.js';
import { hypercallAnswer } from '../../../src/api/shapes/hypercall.js';
import { eventsAnswer, replyAnswer, toolAnswer } from '../../../src/api/shapes/introspection.js';
import { runAnswer } from '../../../src/api/shapes/run.js';
import { type Answer, type Api, type Body, base64 } from './api.js';

type Fields = Readonly<Record<string, unknown>>;

/** Registers of 64-bit kernel code, with tables from 3 MiB on. */
const LONG_MODE = {
  cr0: '0x80050033',
  cr3: '0x300000',
  cr4: '0x20',
  efer: '0xd00',
  cs: { l: 1, db: 0, dpl: 0 },
  rip: '0x1000',
};

/** Tables that map the first 4 MiB one to one, from 3 MiB on. */
function tables(): Uint8Array {
  const bytes = Buffer.alloc(5 * 4096);
  const entry = (at: number, value: number) => bytes.writeBigUInt64LE(BigInt(value | 7), at);
  entry(0, 0x301000);
  entry(0x1000, 0x302000);
  for (const i of [0, 1]) entry(0x2000 + 8 * i, 0x303000 + 0x1000 * i);
  for (let page = 0; page < 1024; page++) entry(0x3000 + 8 * page, page << 12);
  return bytes;
}

/** An x86_64 VM of a service: 4 MiB mapped one to one, and a vCPU in 64-bit kernel code. */
export class X86Guest {
  private constructor(
    readonly api: Api,
    readonly id: string,
  ) {}

  static async start(api: Api, id: string, options: Fields = {}, vcpus = 1): Promise<X86Guest> {
    const guest = new X86Guest(api, id);
    await api.done('POST', '/v1/vms', { id, arch: 'x86_64', ...options });
    await guest.done('PUT', 'memslots/0', { guestPhysAddr: 0, size: '0x400000', flags: ['log_dirty_pages'] });
    await guest.put(0x300000, tables());
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      await guest.done('POST', 'vcpus', { id: vcpu });
      await guest.done('PATCH', `vcpus/${vcpu}/registers`, LONG_MODE);
    }
    return guest;
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.api.call(method, `/v1/vms/${this.id}${path === '' ? '' : `/${path}`}`, body);
  }

  done(method: string, path: string, body?: unknown): Promise<Body> {
    return this.api.done(method, `/v1/vms/${this.id}${path === '' ? '' : `/${path}`}`, body);
  }

  /** Status and errno of a refusal. */
  async refusal(method: string, path: string, body?: unknown): Promise<unknown[]> {
    const { status, body: problem } = await this.call(method, path, body);
    return [status, problem['errno']];
  }

  put(gpa: number, data: Uint8Array): Promise<Body> {
    return this.done('PUT', `memory?gpa=${gpa}`, { data: base64(data) });
  }

  async bytes(gpa: number, size: number, query = ''): Promise<number[]> {
    const { data } = await this.done('GET', `memory?gpa=${gpa}&size=${size}${query}`);
    return [...Buffer.from(String(data), 'base64')];
  }

  async guest(instruction: string, operands: Fields = {}, vcpu = 0): Promise<Body> {
    const answer = await this.done('POST', `vcpus/${vcpu}/guest`, { instruction, ...operands });
    expect(guestAnswer.parse(answer)).toEqual(answer);
    return answer;
  }

  async hypercall(nr: unknown, args: readonly unknown[] = [], more: Fields = {}, vcpu = 0): Promise<Body> {
    const answer = await this.done('POST', `vcpus/${vcpu}/hypercalls`, { nr, args, ...more });
    expect(hypercallAnswer.parse(answer)).toEqual(answer);
    return answer;
  }

  async run(body: Fields = {}, vcpu = 0): Promise<Body> {
    const answer = await this.done('POST', `vcpus/${vcpu}/run`, body);
    expect(runAnswer.parse(answer)).toEqual(answer);
    return answer;
  }

  /** Hooks a tool that may do everything, and enables events on vCPU 0. */
  async hook(...events: readonly string[]): Promise<this> {
    await this.done('POST', 'introspection/hook', {});
    await this.done('POST', 'introspection/allow', { command: 'all', allow: 1 });
    await this.done('POST', 'introspection/allow', { event: 'all', allow: 1 });
    for (const event of events) await this.tool('control_events', { vcpu: 0, event, enable: 1 });
    return this;
  }

  async tool(command: string, operands: Fields = {}): Promise<Body> {
    const answer = await this.done('POST', 'introspection/commands', { command, ...operands });
    expect(toolAnswer.parse(answer)).toEqual(answer);
    return answer;
  }

  async events(query = ''): Promise<readonly Body[]> {
    const answer = await this.done('GET', `introspection/events${query}`);
    expect(eventsAnswer.parse(answer)).toEqual(answer);
    return answer['items'] as Body[];
  }

  async reply(seq: number, action: unknown, more: Fields = {}): Promise<Body> {
    const answer = await this.done('POST', `introspection/events/${seq}/reply`, { action, ...more });
    expect(replyAnswer.parse(answer)).toEqual(answer);
    return answer;
  }

  registers(vcpu = 0): Promise<Body> {
    return this.done('GET', `vcpus/${vcpu}`).then(({ registers }) => registers as Body);
  }

  async journal(): Promise<readonly Body[]> {
    return (await this.done('GET', 'journal?limit=1000'))['items'] as Body[];
  }
}

/** The divergences that a replay finds, of one VM or of all. */
export async function replayed(api: Api, vm?: string): Promise<unknown> {
  return (await api.replay(vm))['divergences'];
}
