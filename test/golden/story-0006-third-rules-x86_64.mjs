const words = (...values) => {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 * i));
  return bytes.toString('base64');
};
const load = (gpa, data) => ({ type: 'write_memory', extents: [{ gpa, size: Buffer.from(data, 'base64').length }], data });
const vcpu = (type, more = {}, id = 0) => ({ type, vcpu: id, ...more });
const on = (vm, commands) => commands.map((command) => ({ vm, ...command }));
const sendIpi = (low, high, first, icr) => vcpu('x86_hypercall', { nr: 10, args: [low, high, first, icr] });

const PAE = { cr0: '0x80010001', cr3: '0x1020', efer: '0x800' };
const VA = '0xc0201abc';
const SMEP = '0x100020';
const SMAP = '0x200020';

/** Three vCPUs and the PAE tables of a supervisor page; then everything that the third rules answer otherwise. */
const x86 = (first) => [
  { type: 'create_vm', arch: 'x86_64', host: { maxPhysAddrBits: 40 }, ...first },
  { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x100000', flags: [] },
  ...[0, 1, 2].map((id) => ({ type: 'create_vcpu', id })),
  load(0x1038, words(0x2001)),
  load(0x2008, words(0x3003)),
  load(0x3008, words(0x5007)),
  ...[SMEP, SMAP].flatMap((cr4) => [
    vcpu('set_x86_registers', { registers: { ...PAE, cr4 } }),
    ...[0, 1, 4].map((access) => vcpu('translate2', { linearAddress: VA, flags: 5, access, explain: true })),
  ]),
  vcpu('x86_guest', { instruction: 'hlt' }, 1),
  sendIpi(6, 0, 0, '0x80f1'),
  sendIpi(6, 0, 0, '0xc0f1'),
  sendIpi(6, 0, 0, '0x81f1'),
  sendIpi(6, 0, 0, '0x300'),
  sendIpi(6, 0, '0xffffffff', '0xf1'),
  sendIpi(0, 6, '0xffffffe0', '0xf1'),
  vcpu('run_vcpu', {}, 2),
];

export const story = [
  ...on('today', x86({ semantics: 'kernel' })),
  ...on('second', x86({ semantics: 'kernel', rules: 2 })),
  ...on('documented', x86({ semantics: 'documented' })),
];
