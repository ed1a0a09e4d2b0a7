const on = (vm, commands) => commands.map((command) => ({ vm, ...command }));
const topology = (attr) => ({ type: 'set_device_attr', group: 'cpu_topology', attr });
const essa = (gaddr, orc) => ({ type: 's390_guest', vcpu: 0, instruction: 'essa', gaddr, orc });
const write = (gaddr) => ({ type: 's390_mem_op', op: 'absolute_write', gaddr, size: 1, data: 'AA==' });

const story390 = (rules) => [
  { type: 'create_vm', arch: 's390x', semantics: 'kernel', rules },
  { type: 'enable_cap', cap: 's390_cpu_topology' },
  { type: 'set_device_attr', group: 'mem_ctrl', attr: 'enable_cmma' },
  { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x10000', flags: ['log_dirty_pages'] },
  { type: 'create_vcpu', id: 0 },
  topology(0),
  { type: 'create_vcpu', id: 0 },
  { type: 'get_device_attr', group: 'cpu_topology', attr: 0 },
  write('0x1000'),
  { type: 'write_memory', extents: [{ gpa: '0x2000', size: 1 }], data: 'AQ==' },
  { type: 's390_keyop', op: 'sske', gaddr: '0x4000', key: 2 },
  ...['0x1000', '0x2000', '0x3000', '0x4000'].flatMap((gaddr) => [4, 6, 0, 2, 4, 0].map((orc) => essa(gaddr, orc))),
  { type: 's390_get_cmma_bits', startGfn: 0, count: 16, flags: ['peek'] },
];

/** The same commands under the rules of version 2 and of version 3. */
export const story = [...on('vm-rules-2', story390(2)), ...on('vm-rules-3', story390(3))];
