import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startProcess } from '../support/process.js';

const PRELOAD = join(dirname(dirname(fileURLToPath(import.meta.url))), 'support', 'kill-before-answer.mjs');

interface Sent {
  readonly status: number;
  readonly replayed: string | null;
  readonly body: Record<string, unknown>;
}

describe('kill -9 between commit and answer', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'idempotency-crash-'));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it.each<[string, string, string, unknown, number]>([
    ['a VM that was created', 'POST', '/v1/vms', { arch: 's390x' }, 201],
    ['a command', 'PUT', '/v1/vms/m/memslots/0', { guestPhysAddr: 0, size: '0x100000' }, 200],
    ['a refusal', 'PUT', '/v1/vms/m/memslots/1', { guestPhysAddr: 1, size: 4096 }, 400],
  ])(
    'gives the retry the answer of %s, which happened once',
    async (what, method, path, body, expected) => {
      const send = async (url: string, requestId: string): Promise<Sent> => {
        const headers = {
          'content-type': 'application/json',
          'idempotency-key': what.replaceAll(' ', '-'),
          'x-request-id': requestId,
        };
        const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
        const answer = (await response.json()) as Record<string, unknown>;
        return { status: response.status, replayed: response.headers.get('idempotency-replayed'), body: answer };
      };
      const headOf = async (url: string): Promise<number> => {
        const response = await fetch(`${url}/v1/journal?limit=1000`);
        return ((await response.json()) as { readonly items: readonly unknown[] }).items.length;
      };

      const doomed = await startProcess(dataDir, { args: ['--import', pathToFileURL(PRELOAD).href] });
      await fetch(`${doomed.url}/v1/vms`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'm', arch: 's390x' }),
      });
      const before = await headOf(doomed.url);
      await expect(send(doomed.url, 'kill-before-answer')).rejects.toThrow('fetch failed');

      const service = await startProcess(dataDir);
      const head = await headOf(service.url);
      const first = await send(service.url, 'retry');
      const second = await send(service.url, 'retry');
      expect(head).toBe(before + 1);
      expect([first.status, first.replayed, first.body['position']]).toEqual([expected, 'true', head]);
      expect(second).toEqual(first);
      expect(await headOf(service.url)).toBe(head);
      expect(await service.end('SIGTERM')).toBe(0);
    },
    60_000,
  );
});
