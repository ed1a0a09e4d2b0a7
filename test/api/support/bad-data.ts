import { base64 } from './api.js';
import { type BadRequests, JSON_HEADERS, MEMOP, OCTETS } from './bad-request.js';

const VCPU_MEMOP = '/v1/vms/m/vcpus/0/memop';
const write = { op: 'absolute_write', gaddr: 0, size: 8, data: base64(new Uint8Array(8)) };
const TOO_MUCH = 17 * 1024 * 1024;

/** Bodies that are none, and what is wrong with VMs, memory and operations on it. */
export const badData: BadRequests = [
  ['a VM without arch', { path: '/v1/vms', body: {}, names: 'arch' }],
  ['a VM of another architecture', { path: '/v1/vms', body: { arch: 'vax' }, names: 'arch' }],
  ['a VM with an ill-formed id', { path: '/v1/vms', body: { id: '../x', arch: 's390x' }, names: 'id' }],
  ['a VM with an unknown field', { path: '/v1/vms', body: { arch: 's390x', shade: 1 }, names: 'shade' }],
  [
    'a VM with the field constructor',
    { path: '/v1/vms', body: { arch: 's390x', constructor: 1 }, names: 'constructor' },
  ],
  [
    'a VM with an unknown fact of the host',
    { path: '/v1/vms', body: { arch: 's390x', host: { x: 1 } }, names: 'host.x' },
  ],
  [
    'a VM with too long a label',
    { path: '/v1/vms', body: { arch: 's390x', labels: { a: 'x'.repeat(256) } }, names: 'labels.a' },
  ],
  [
    'a VM with a label of a bad name',
    { path: '/v1/vms', body: { arch: 's390x', labels: { '': 'x' } }, names: 'labels' },
  ],
  [
    'a VM with memory of 65 bits',
    {
      path: '/v1/vms',
      body: { arch: 's390x', host: { maxGuestMemory: '0x10000000000000000' } },
      names: 'host.maxGuestMemory',
    },
  ],
  ['a VM with an array as its host', { path: '/v1/vms', body: { arch: 's390x', host: [] }, names: 'host' }],
  ['an array as a body', { path: '/v1/vms', body: [], names: 'body' }],
  ['null as a body', { path: '/v1/vms', raw: 'null', headers: JSON_HEADERS, names: 'body' }],
  ['truncated JSON', { path: MEMOP, raw: '{"op":"abs', headers: JSON_HEADERS, names: 'body' }],
  ['JSON with __proto__', { path: MEMOP, raw: '{"__proto__":{"op":5}}', headers: JSON_HEADERS, names: '__proto__' }],
  [
    'JSON nested 100000 deep',
    { path: MEMOP, raw: '['.repeat(100_000) + ']'.repeat(100_000), headers: JSON_HEADERS, names: 'body' },
  ],
  [
    'JSON that is not UTF-8',
    { path: MEMOP, raw: Uint8Array.of(0x22, 0xff, 0x22), headers: JSON_HEADERS, names: 'body' },
  ],
  [
    'a name that is not Unicode',
    { path: '/v1/vms', raw: '{"arch":"s390x","name":"\\ud800"}', headers: JSON_HEADERS, names: 'body' },
  ],
  [
    'a body of text',
    { path: MEMOP, raw: 'op=5', headers: { 'content-type': 'text/plain' }, status: 415, names: 'application/json' },
  ],
  [
    'a form',
    {
      path: MEMOP,
      raw: 'op=5',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      status: 415,
      names: 'application/json',
    },
  ],
  [
    'octets where JSON is wanted',
    { path: '/v1/vms', raw: '{}', headers: OCTETS, status: 415, names: 'application/json' },
  ],
  [
    '17 MiB of JSON',
    {
      path: MEMOP,
      raw: `"${'x'.repeat(TOO_MUCH)}"`,
      headers: JSON_HEADERS,
      status: 413,
      names: 'at most 16777216 bytes',
    },
  ],
  [
    '17 MiB of octets',
    {
      method: 'PUT',
      path: '/v1/vms/m/memory?gpa=0',
      raw: new Uint8Array(TOO_MUCH),
      headers: OCTETS,
      status: 413,
      names: 'at most 16777216 bytes',
    },
  ],
  [
    '300 KiB where no bulk data goes',
    {
      path: '/v1/vms',
      raw: `"${'x'.repeat(300 * 1024)}"`,
      headers: JSON_HEADERS,
      status: 413,
      names: 'at most 262144 bytes',
    },
  ],
  [
    '8 Mi levels of JSON',
    { path: `${MEMOP}/batch`, raw: '['.repeat(8 * 1024 * 1024), headers: JSON_HEADERS, names: 'nested deeper' },
  ],
  [
    '4 Mi values of JSON',
    { path: `${MEMOP}/batch`, raw: `[${'{},'.repeat(4 * 1024 * 1024)}0]`, headers: JSON_HEADERS, names: 'values' },
  ],
  ['an unknown VM', { path: '/v1/vms/nobody/memop', body: write, status: 404, names: 'nobody' }],
  ['an ill-formed VM', { path: '/v1/vms/.hidden/memop', body: write, names: 'vm' }],
  ['a vCPU that is no number', { path: '/v1/vms/m/vcpus/x/memop', body: write, names: 'vcpu' }],
  ['a vCPU of 33 bits', { path: '/v1/vms/m/vcpus/4294967296/memop', body: write, names: 'vcpu' }],
  ['a memop without op', { path: MEMOP, body: { size: 8 }, names: 'op' }],
  ['a memop without size', { path: MEMOP, body: { op: 4 }, names: 'size' }],
  ['a memop with an unknown op', { path: MEMOP, body: { ...write, op: 'peek' }, names: 'op' }],
  ['a memop with an op of 33 bits', { path: MEMOP, body: { ...write, op: 2 ** 32 }, names: 'op' }],
  ['a memop at a fraction', { path: MEMOP, body: { ...write, gaddr: 1.5 }, names: 'gaddr' }],
  ['a memop at a negative address', { path: MEMOP, body: { ...write, gaddr: -1 }, names: 'gaddr' }],
  ['a memop at 2^53', { path: MEMOP, body: { ...write, gaddr: 2 ** 53 }, names: 'gaddr' }],
  [
    'an attribute of 1e400',
    { method: 'PUT', path: '/v1/vms/m/attributes/9/9', raw: '{"value":1e400}', headers: JSON_HEADERS, names: 'value' },
  ],
  ['a memop at 1e400', { path: MEMOP, raw: '{"op":4,"size":1,"gaddr":1e400}', headers: JSON_HEADERS, names: 'gaddr' }],
  ['a memop at 65 bits', { path: MEMOP, body: { ...write, gaddr: '18446744073709551616' }, names: 'gaddr' }],
  ['a memop at words', { path: MEMOP, body: { ...write, gaddr: 'here' }, names: 'gaddr' }],
  ['a memop at null', { path: MEMOP, body: { ...write, gaddr: null }, names: 'gaddr' }],
  ['a memop with a key of 9 bits', { path: MEMOP, body: { ...write, key: 256 }, names: 'key' }],
  ['a memop with an unknown flag name', { path: MEMOP, body: { ...write, flags: ['fast'] }, names: 'flags' }],
  ['a memop with broken base64', { path: MEMOP, body: { ...write, data: 'AAAAAAAAAAA' }, names: 'data' }],
  ['a memop with base64url', { path: MEMOP, body: { ...write, data: '_-__' }, names: 'data' }],
  ['a memop with data of another length', { path: MEMOP, body: { ...write, size: 7 }, names: 'data' }],
  ['a memop with an unknown field', { path: MEMOP, body: { ...write, buf: 1 }, names: 'buf' }],
  ['a memop with the type of a command', { path: MEMOP, body: { ...write, type: 'destroy_vm' }, names: 'type' }],
  ['a memop that brings its own vCPU', { path: VCPU_MEMOP, body: { ...write, vcpu: 1 }, names: 'vcpu' }],
  ['a memop in JSON and query', { path: `${MEMOP}?op=4`, body: write, names: 'op' }],
  ['a memop of octets without op', { path: `${MEMOP}?gaddr=0`, raw: 'abc', headers: OCTETS, names: 'op' }],
  ['a memop of octets of another length', { path: `${MEMOP}?op=5&size=2`, raw: 'abc', headers: OCTETS, names: 'data' }],
  ['a memop of octets at words', { path: `${MEMOP}?op=5&gaddr=here`, raw: 'abc', headers: OCTETS, names: 'gaddr' }],
  [
    'a memop of octets with an unknown parameter',
    { path: `${MEMOP}?op=5&speed=9`, raw: 'abc', headers: OCTETS, names: 'speed' },
  ],
  ['an empty batch', { path: `${MEMOP}/batch`, body: { ops: [] }, names: 'ops' }],
  [
    'a batch of 10001',
    { path: `${MEMOP}/batch`, body: { ops: Array.from({ length: 10_001 }, () => write) }, names: 'ops' },
  ],
  [
    'a batch with one bad item',
    { path: `${MEMOP}/batch`, body: { ops: [write, { ...write, size: -1 }] }, names: 'ops.1.size' },
  ],
  [
    'a batch with data of another length',
    { path: `${MEMOP}/batch`, body: { ops: [write, { ...write, size: 7 }] }, names: 'ops.1.data' },
  ],
  [
    'a batch that reads 625 MiB',
    {
      path: `${MEMOP}/batch`,
      body: { ops: Array.from({ length: 10_000 }, () => ({ op: 4, size: 65_536 })) },
      names: 'ops: must not read more than 16777216 bytes',
    },
  ],
  [
    'a batch on a vCPU that reads 16 MiB and 1',
    {
      path: `${VCPU_MEMOP}/batch`,
      body: { ops: [...Array.from({ length: 256 }, () => ({ op: 0, size: 65_536 })), { op: 0, size: 1 }] },
      names: 'ops: must not read more than 16777216 bytes',
    },
  ],
  [
    'a slot without an address',
    { method: 'PUT', path: '/v1/vms/m/memslots/1', body: { size: 4096 }, names: 'guestPhysAddr' },
  ],
  [
    'a slot that is not that of the path',
    { method: 'PUT', path: '/v1/vms/m/memslots/1', body: { slot: 2, guestPhysAddr: 0, size: 4096 }, names: 'slot' },
  ],
  [
    'a slot of 33 bits',
    { method: 'PUT', path: '/v1/vms/m/memslots/0x100000000', body: { guestPhysAddr: 0, size: 4096 }, names: 'slot' },
  ],
  [
    'a dirty log that is asked for more',
    { method: 'GET', path: '/v1/vms/m/memslots/0/dirty-log?peek=1', names: 'peek' },
  ],
  ['a write to nowhere', { method: 'PUT', path: '/v1/vms/m/memory', raw: 'abc', headers: OCTETS, names: 'gpa' }],
  ['a write without a body', { method: 'PUT', path: '/v1/vms/m/memory?gpa=0', names: 'body: is required' }],
  [
    'a write of no JSON',
    { method: 'PUT', path: '/v1/vms/m/memory?gpa=0', raw: '', headers: JSON_HEADERS, names: 'body: is required' },
  ],
  [
    'a write of no octets',
    { method: 'PUT', path: '/v1/vms/m/memory?gpa=0', raw: '', headers: OCTETS, names: 'body: is required' },
  ],
  [
    'a write to 4097 places',
    {
      method: 'PUT',
      path: '/v1/vms/m/memory',
      body: { writes: Array.from({ length: 4097 }, (_, i) => ({ gpa: i, data: '' })) },
      names: 'writes',
    },
  ],
  ['a write of nothing', { method: 'PUT', path: '/v1/vms/m/memory?gpa=0', body: {}, names: 'writes' }],
  [
    'writes with an address in the query',
    { method: 'PUT', path: '/v1/vms/m/memory?gpa=0', body: { writes: [{ gpa: 0, data: '' }] }, names: 'gpa' },
  ],
  [
    'a write with two addresses',
    { method: 'PUT', path: '/v1/vms/m/memory?gpa=0', body: { gpa: 0, data: 'AAAA' }, names: 'gpa' },
  ],
  [
    'writes beside a write',
    { method: 'PUT', path: '/v1/vms/m/memory', body: { gpa: 0, data: 'AAAA', writes: [] }, names: 'writes' },
  ],
  ['a read without size', { method: 'GET', path: '/v1/vms/m/memory?gpa=0', names: 'size' }],
  ['a read of nothing', { method: 'GET', path: '/v1/vms/m/memory?gpa=0&size=0', names: 'size' }],
  ['a read of 16 MiB and 1', { method: 'GET', path: '/v1/vms/m/memory?gpa=0&size=16777217', names: 'size' }],
  [
    'a read of the past by two measures',
    { method: 'GET', path: '/v1/vms/m/memory?gpa=0&size=1&version=1&at=2026-01-01T00:00:00Z', names: 'at' },
  ],
  [
    'a read at a version to come',
    { method: 'GET', path: '/v1/vms/m/memory?gpa=0&size=1&version=1000', status: 404, names: 'version' },
  ],
  [
    'a read before the VM was',
    { method: 'GET', path: '/v1/vms/m/memory?gpa=0&size=1&at=2001-01-01T00:00:00Z', status: 404, names: 'at' },
  ],
];
