import { type BadRequest, type BadRequests, OCTETS } from './bad-request.js';

/** What is wrong with vCPUs, attributes, queries, paths and methods. */
export const badPaths: BadRequests = [
  ['a vCPU without id', { path: '/v1/vms/m/vcpus', body: {}, names: 'id' }],
  ['a vCPU with a negative id', { path: '/v1/vms/m/vcpus', body: { id: -1 }, names: 'id' }],
  [
    'registers that do not exist',
    { method: 'PATCH', path: '/v1/vms/m/vcpus/0/registers', body: { rip: 0 }, names: 'rip' },
  ],
  ['register 16', { method: 'PATCH', path: '/v1/vms/m/vcpus/0/registers', body: { gprs: { 16: 0 } }, names: 'gprs' }],
  [
    '15 registers',
    { method: 'PATCH', path: '/v1/vms/m/vcpus/0/registers', body: { crs: new Array(15).fill(0) }, names: 'crs' },
  ],
  [
    'a PSW with a part that is none',
    { method: 'PATCH', path: '/v1/vms/m/vcpus/0/registers', body: { psw: { address: 0 } }, names: 'psw.address' },
  ],
  ['a translation of nothing', { path: '/v1/vms/m/vcpus/0/translate', body: {}, names: 'gaddr' }],
  [
    'a translation for an unknown access',
    { path: '/v1/vms/m/vcpus/0/translate', body: { gaddr: 0, access: ['user'] }, names: 'access.0' },
  ],
  [
    'a translation that is half explained',
    { path: '/v1/vms/m/vcpus/0/translate?explain=half', body: { gaddr: 0 }, names: 'explain' },
  ],
  [
    'a translation at a version to come',
    { path: '/v1/vms/m/vcpus/0/translate?version=1000', body: { gaddr: 0 }, status: 404, names: 'version' },
  ],
  [
    'an attribute with an ill-formed name',
    { method: 'GET', path: '/v1/vms/m/attributes/MEM/limit_size', names: 'group' },
  ],
  [
    'an attribute with flags of 33 bits',
    { method: 'GET', path: '/v1/vms/m/attributes/0/2?flags=0x100000000', names: 'flags' },
  ],
  [
    'an attribute with an array as payload',
    { method: 'PUT', path: '/v1/vms/m/attributes/mem_ctrl/limit_size', body: [1], names: 'body' },
  ],
  [
    'an attribute with a value that is no number',
    { method: 'PUT', path: '/v1/vms/m/attributes/mem_ctrl/limit_size', body: { value: 'much' }, names: 'value: ' },
  ],
  [
    'an attribute with an unknown field',
    { method: 'PUT', path: '/v1/vms/m/attributes/mem_ctrl/limit_size', body: { value: 1, x: 1 }, names: 'x: ' },
  ],
  ['the end of a VM with a reason', { method: 'DELETE', path: '/v1/vms/m', body: { why: 'x' }, names: 'why: ' }],
  [
    'the end of a slot with a size',
    { method: 'DELETE', path: '/v1/vms/m/memslots/0', body: { size: 0 }, names: 'size: ' },
  ],
  [
    'the end of a VM in octets',
    { method: 'DELETE', path: '/v1/vms/m', raw: 'x', headers: OCTETS, status: 415, names: 'application/json' },
  ],
  [
    'a weak list of entity tags',
    { method: 'DELETE', path: '/v1/vms/m', headers: { 'if-match': '7' }, names: 'If-Match' },
  ],
  ['a page of nothing', { method: 'GET', path: '/v1/vms?limit=0', names: 'limit' }],
  ['a page of 1001', { method: 'GET', path: '/v1/journal?limit=1001', names: 'limit' }],
  ...['1e0', '0x1', '%201', '1.0', '%2B1', '12345678901234567', ''].flatMap((text): [string, BadRequest][] => [
    [`"${text}" as a limit`, { method: 'GET', path: `/v1/vms?limit=${text}`, names: 'limit: ' }],
    [`"${text}" as a version`, { method: 'GET', path: `/v1/vms/m?version=${text}`, names: 'version: ' }],
    [`"${text}" as a position`, { method: 'GET', path: `/v1/journal?after=${text}`, names: 'after: ' }],
    [
      `"${text}" as a version to begin after`,
      { method: 'GET', path: `/v1/vms/m/journal?afterVersion=${text}`, names: 'afterVersion: ' },
    ],
    [
      `"${text}" as a version to end at`,
      { method: 'GET', path: `/v1/vms/m/journal?upToVersion=${text}`, names: 'upToVersion: ' },
    ],
  ]),
  ...['/healthz', '/readyz', '/openapi.json', '/docs', '/v1/host-profiles'].map((path): [string, BadRequest] => [
    `${path} with a parameter`,
    { method: 'GET', path: `${path}?pretty=1`, names: 'pretty: ' },
  ]),
  ['two limits', { method: 'GET', path: '/v1/journal?limit=1&limit=2', names: 'limit' }],
  ['a cursor from elsewhere', { method: 'GET', path: '/v1/vms?cursor=abc', names: 'cursor' }],
  ['an unknown filter', { method: 'GET', path: '/v1/vms?colour=red', names: 'colour' }],
  ['an unknown type of command', { method: 'GET', path: '/v1/journal?type=reboot', names: 'type' }],
  ['a time without a zone', { method: 'GET', path: '/v1/journal?from=2026-01-01T00:00:00', names: 'from' }],
  ['a range without its begin', { method: 'GET', path: '/v1/journal?size=1', names: 'size' }],
  ['an empty range', { method: 'GET', path: '/v1/journal?gpa=0&size=0', names: 'size' }],
  ['a range beyond 2^64', { method: 'GET', path: '/v1/journal?gpa=0xffffffffffffffff&size=2', names: 'size' }],
  ['a range of a size that is none', { method: 'GET', path: '/v1/journal?gpa=1&size=-1', names: 'size' }],
  ['a range of a begin that is none', { method: 'GET', path: '/v1/journal?gpa=x&size=1', names: 'gpa' }],
  ['the journal of nobody', { method: 'GET', path: '/v1/vms/nobody/journal', status: 404, names: 'nobody' }],
  ['a version that is no number', { method: 'GET', path: '/v1/vms/m?version=x', names: 'version' }],
  ['version 0', { method: 'GET', path: '/v1/vms/m?version=0', names: 'version' }],
  ['a vCPU that is not there', { method: 'GET', path: '/v1/vms/m/vcpus/9', status: 404, names: '9' }],
  ['a replay of nobody', { path: '/v1/replays', body: { vm: 'nobody' }, status: 404, names: 'nobody' }],
  ['an unknown replay', { method: 'GET', path: '/v1/replays/x', status: 404, names: 'x' }],
  ['the events of an unknown replay', { method: 'GET', path: '/v1/replays/x/events', status: 404, names: 'x' }],
  ['an unknown path', { method: 'GET', path: '/v2', status: 404, names: '/v2' }],
  ['a path with a slash too many', { method: 'GET', path: '/v1/vms/', status: 404, names: '/v1/vms/' }],
  ['a path that cannot be decoded', { method: 'GET', path: '/v1/vms/%zz', names: "path: '/v1/vms/%zz'" }],
  [
    'a path that is too long',
    { method: 'GET', path: `/v1/vms/${'x'.repeat(200)}`, status: 414, names: 'at most 100 characters' },
  ],
  ['another method', { method: 'PATCH', path: '/v1/vms/m', body: {}, status: 405, names: 'DELETE, GET' }],
];
