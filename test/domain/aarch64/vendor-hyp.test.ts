import { Aarch64Machine, NOT_SUPPORTED } from '../support/aarch64.js';

const PTP = 0x86000001;
const clock = { realTime: 0x1122_3344_5566_7788n, counter: 0x99aa_bbcc_ddee_ff00n };

describe("KVM's own calls", () => {
  it('features are the vendor bitmap', () => {
    const made = new Aarch64Machine();
    expect(made.x0(0x86000000)).toBe(3n);
    const other = new Aarch64Machine();
    other.registers(0, { firmware: { vendorHyp: 1 } });
    expect(other.x0(0x86000000)).toBe(1n);
  });

  it('UID is that of KVM', () => {
    expect(new Aarch64Machine().results(0x8600ff01)).toEqual({
      x0: 0xb66fb428n,
      x1: 0xe911c52en,
      x2: 0x564bcaa9n,
      x3: 0x743a004dn,
    });
  });

  it('PTP 1: real time and the physical counter, in halves', () => {
    expect(new Aarch64Machine().results(PTP, [1], { clock })).toEqual({
      x0: 0x11223344n,
      x1: 0x55667788n,
      x2: 0x99aabbccn,
      x3: 0xddeeff00n,
    });
  });

  it('PTP 0: the virtual counter, which begins with the last vCPU', () => {
    const made = new Aarch64Machine();
    made.run({ type: 'create_vcpu', id: 1, hostCounter: clock.counter - 0x1_0000_0002n });
    expect(made.results(PTP, [0], { clock })).toMatchObject({ x0: 0x11223344n, x2: 1n, x3: 2n });
    expect(made.results(PTP, [1], { clock })).toMatchObject({ x2: 0x99aabbccn, x3: 0xddeeff00n });
  });

  it('PTP looks at the low half of x1', () => {
    expect(new Aarch64Machine().results(PTP, [0xffff_ffff_0000_0001n], { clock })).toMatchObject({ x0: 0x11223344n });
  });

  it.each([2, 0xffffffff])('PTP of counter %i: -1', (x1) => {
    expect(new Aarch64Machine().x0(PTP, [x1], { clock })).toBe(NOT_SUPPORTED);
  });

  it('PTP on a host that keeps time otherwise: -1', () => {
    expect(new Aarch64Machine({ host: { counterClocksource: false } }).x0(PTP, [1], { clock })).toBe(NOT_SUPPORTED);
  });
});
