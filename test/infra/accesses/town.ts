import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asAbsolute } from '../../../src/domain/memory/address.js';
import { command } from '../../../src/domain/vm/command.js';
import { BEGINNING, type Blamed } from '../../../src/infra/accesses/access-index.js';
import type { AccessQuery, FoundAccess } from '../../../src/infra/accesses/search.js';
import { ACCESSES_FILE } from '../../../src/infra/data-dir.js';
import { type Service, openService } from '../../../src/infra/service.js';
import { calmWorld } from '../../support/calm-world.js';

/** Where a tool's guest keeps the token that it presents. */
const TOKEN_AT = 0x8000;

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** x86_64 VMs that may share pages, in a service that can be ended and begun again. */
export class Town {
  private constructor(
    readonly dataDir: string,
    public service: Service,
  ) {}

  static async open(): Promise<Town> {
    const dataDir = mkdtempSync(join(tmpdir(), 'accesses-'));
    return new Town(dataDir, await openService({ dataDir, world: calmWorld() }));
  }

  get indexFile(): string {
    return join(this.dataDir, ACCESSES_FILE);
  }

  async close(): Promise<void> {
    await this.service.close();
    rmSync(this.dataDir, { recursive: true });
  }

  /** Ends the service, does something to its files, and begins it again. */
  async restart(between: () => void = () => undefined): Promise<void> {
    await this.service.close();
    between();
    await this.begin();
  }

  /** Begins the service again that was ended. */
  async begin(): Promise<void> {
    this.service = await openService({ dataDir: this.dataDir, world: calmWorld() });
  }

  async run(vm: string, input: object, actor = 'test') {
    const request = { vm, command: command.parse(input), actor, requestId: 'r' };
    const { version, position, decision } = await this.service.machines.submit(request);
    return { version, position, ret: decision.ret, reply: decision.reply };
  }

  async create(...vms: readonly string[]): Promise<void> {
    for (const vm of vms) {
      await this.run(vm, { type: 'create_vm', arch: 'x86_64' });
      await this.run(vm, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: 0x10000 });
      await this.run(vm, { type: 'create_vcpu', id: 0 });
      await this.run(vm, { type: 'introspection_hook' });
      await this.run(vm, { type: 'introspection_allow', command: 'all', allow: 1 });
    }
  }

  write(vm: string, gpa: number, bytes: Uint8Array, actor?: string) {
    const extents = [{ gpa, size: bytes.length }];
    return this.run(vm, { type: 'write_memory', extents, data: base64(bytes) }, actor);
  }

  read(vm: string, gpa: number, size: number, more: object = {}) {
    return this.run(vm, { type: 'read_memory', gpa, size, ...more });
  }

  /** Maps a page of one VM into another. */
  async map(from: string, to: string, page: number, as: number) {
    const { secret, commitment } = this.service.machines.newToken();
    await this.run(from, { type: 'introspection_command', command: 'get_map_token', token: commitment });
    await this.write(to, TOKEN_AT, secret);
    return this.run(to, { type: 'x86_hypercall', vcpu: 0, nr: 32, args: [TOKEN_AT, page, as] });
  }

  unmap(vm: string, page: number) {
    return this.run(vm, { type: 'x86_hypercall', vcpu: 0, nr: 33, args: [page] });
  }

  async search(query: AccessQuery, after = BEGINNING): Promise<FoundAccess[]> {
    return all(this.service.accesses.search(query, after));
  }

  blame(vm: string, gpa: number, size: number, position?: number): Promise<Blamed[]> {
    return all(this.service.accesses.blame({ vm, absolute: asAbsolute(BigInt(gpa)), size, position }));
  }
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
