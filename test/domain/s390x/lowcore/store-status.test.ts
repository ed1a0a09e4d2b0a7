import { MIB, Machine } from '../../support/machine.js';

describe('KVM_S390_STORE_STATUS at an address of its own', () => {
  it.each([0x0n, 0x1000n, 0x11ffn, 0x1200n, 0x5000n])('%d: the save area begins there', (addr) => {
    const made = new Machine();
    made.slot(0, 0n, MIB);
    made.vcpu(0);
    made.run({ type: 'set_registers', vcpu: 0, registers: { gprs: { 0: '0x1122334455667788' } } });
    expect(made.answer({ type: 'store_status', vcpu: 0, addr })).toBe(0);
    const read = made.run({ type: 'read_memory', gpa: addr + 0x80n, size: 8 }).reply['data'] as Uint8Array;
    expect(Buffer.from(read).toString('hex')).toBe('1122334455667788');
  });
});
