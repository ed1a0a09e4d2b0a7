import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import { Api, base64 } from './support/api.js';

const write = (fill: string) => ({ gpa: 0, data: base64(Buffer.alloc(64 * 1024, fill)) });

describe('a journal without room', () => {
  it('is 507, and nothing has happened', async () => {
    const api = await Api.start({ maxPages: 400 });
    await api.machine('m');
    let last = '';
    for (let i = 0; ; i++) {
      const fill = String.fromCharCode(97 + (i % 26));
      const { status, headers, body } = await api.call('PUT', '/v1/vms/m/memory', write(fill));
      if (status === 200) {
        last = fill;
        continue;
      }
      expect(status).toBe(507);
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(body).toMatchObject({ type: 'urn:vmledger:problem:journal-full', status: 507, fault: 'full' });
      expect(body).not.toHaveProperty('errno');
      break;
    }
    const head = await api.head();
    const vm = await api.service.machines.view('m');
    expect(vm.position).toBe(head);
    expect(vm.vm.memory.page(0)?.[0]).toBe(last.charCodeAt(0));
    expect((await api.call('GET', '/v1/vms/m')).body).toMatchObject({ version: head, position: head });
    expect((await api.call('GET', `/v1/vms/m?version=${head}`)).status).toBe(200);
    await api.close();
  }, 30_000);
});

describe('a journal that another process has locked', () => {
  it('is 503 with Retry-After, and serves again once it is free', async () => {
    const api = await Api.start({ busyTimeout: 20 });
    await api.machine('m');
    const head = await api.head();
    const other = new Sqlite(join(api.dataDir, LEDGER_FILE));
    other.exec('BEGIN IMMEDIATE');
    const { status, headers, body } = await api.call('PUT', '/v1/vms/m/memory', write('x'));
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(body).toMatchObject({ type: 'urn:vmledger:problem:journal-unavailable', fault: 'busy' });
    other.exec('ROLLBACK');
    other.close();
    expect(await api.head()).toBe(head);
    expect(await api.done('PUT', '/v1/vms/m/memory', write('y'))).toMatchObject({ position: head + 1 });
    await api.close();
  });
});

describe('health', () => {
  it('is told apart from readiness', async () => {
    const api = await Api.start();
    expect(await api.call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await api.call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    await api.service.journal.close();
    expect((await api.call('GET', '/healthz')).status).toBe(200);
    const { status, body } = await api.call('GET', '/readyz');
    expect([status, body['type'], body['fault']]).toEqual([503, 'urn:vmledger:problem:journal-unavailable', 'closed']);
    await api.close();
  });
});

describe('what nobody expected', () => {
  it('is 500 without internals, and is told to the operator', async () => {
    const api = await Api.start();
    await api.machine('m');
    const { machines } = api.service;
    machines.view = () => Promise.reject(new Error('the secret reason'));
    const { status, headers, body } = await api.call('GET', '/v1/vms/m');
    expect([status, body['type']]).toEqual([500, 'urn:vmledger:problem:internal-error']);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(api.log.join()).toContain('the secret reason');
    expect(api.log.join()).toContain(headers.get('x-request-id'));
    await api.close();
  });
});
