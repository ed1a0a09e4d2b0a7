import { join } from 'node:path';
import autocannon from 'autocannon';
import { median, scratch, serve } from './support.mjs';

const SECONDS = 4;
const RUNS = 3;

async function load(options) {
  const result = await autocannon({ connections: 64, duration: SECONDS, ...options });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were not 2xx, ${result.errors} errors`);
  return result.requests.average;
}

/** Eight bytes written over HTTP by 64 clients, on one VM and on 16, against a bare hello of the same framework. */
export async function benchHttp() {
  const { path, remove } = scratch();
  const hello = await serve(join(import.meta.dirname, 'hello.mjs'));
  const service = await serve(join(import.meta.dirname, '..', 'dist', 'api', 'main.js'), { PORT: '0', DATA_DIR: path });
  const post = (url, body, method = 'POST') =>
    fetch(`${service.url}${url}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const ids = Array.from({ length: 16 }, (_, i) => `bench-${i}`);
  for (const id of ids) {
    await post('/v1/vms', { id, arch: 's390x' });
    await post(`/v1/vms/${id}/memslots/0`, { guestPhysAddr: 0, size: '0x1000000' }, 'PUT');
  }
  const body = JSON.stringify({ op: 'absolute_write', gaddr: '0x1000', size: 8, data: 'AAECAwQFBgc=' });
  const write = (id) => ({
    method: 'POST',
    path: `/v1/vms/${id}/memop`,
    headers: { 'content-type': 'application/json' },
    body,
  });

  const hellos = [];
  const one = [];
  const many = [];
  for (let i = 0; i <= RUNS; i++) {
    const rates = [
      await load({ url: `${hello.url}/hello` }),
      await load({ url: service.url, requests: [write('bench-0')] }),
      await load({ url: service.url, requests: ids.map(write) }),
    ];
    if (i === 0) continue; // the first round only warms up
    hellos.push(rates[0]);
    one.push(rates[1]);
    many.push(rates[2]);
  }
  await hello.stop();
  await service.stop();
  remove();
  return [
    ['HTTP hello, 64 connections', median(hellos), '/s'],
    ['HTTP absolute_write of 8 bytes, 64 connections', median(one), '/s'],
    ['the same, over 16 VMs', median(many), '/s'],
  ];
}
