import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../src/api/app.js';
import { makeLog } from '../../src/api/http/log.js';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import { openService } from '../../src/infra/service.js';
import { Api } from './support/api.js';

/** Makes SQLite read a file and never write it, whoever runs the tests: a write version that it does not know (sqlite.org/fileformat2.html). */
function setWriteVersion(file: string, version: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, Uint8Array.of(version), 0, 1, 18);
  closeSync(fd);
}

describe('a ledger that cannot be written to', () => {
  it('is 503 for commands, reads go on, and nothing has happened', async () => {
    const api = await Api.start();
    await api.machine('m');
    const head = await api.head();
    await api.service.close();
    const file = join(api.dataDir, LEDGER_FILE);
    setWriteVersion(file, 3);

    const service = await openService({ dataDir: api.dataDir });
    const { nest } = await createApp(service, { log: makeLog('silent') });
    await nest.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${(nest.getHttpServer().address() as AddressInfo).port}`;
    const read = async (path: string, init?: RequestInit) => {
      const response = await fetch(`${url}${path}`, init);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const before = await read('/v1/vms/m');
    expect(before).toMatchObject({ status: 200, body: { position: head } });
    const refused = await read('/v1/vms/m/vcpus', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id": 7}',
    });
    expect(refused).toMatchObject({
      status: 503,
      body: { type: 'urn:vmledger:problem:journal-unavailable', fault: 'readonly' },
    });
    expect(await read('/v1/vms/m')).toEqual(before);
    expect(await read('/readyz')).toMatchObject({ status: 503 });
    await nest.close();
    await service.close();

    setWriteVersion(file, 2);
    await api.close();
  });
});
