import { accessContext } from '../../../../src/domain/s390x/dat/access-context.js';
import { asceOf } from '../../../../src/domain/s390x/dat/asce.js';
import { keyPasses, lowAddressProtected } from '../../../../src/domain/s390x/dat/protection.js';
import { newVcpu } from '../../../../src/domain/s390x/vcpu/vcpu.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { buildVm, setKey } from '../../support/s390x-vm.js';

const LAP = 0x10000000n;
const FPO = 0x02000000n;
const SPO = 0x01000000n;
const PRIVATE = asceOf(0x120n);
const COMMON = asceOf(0x20n);

const vmWith = (cr0: bigint): S390xVm => buildVm({ registers: { crs: { 0: cr0 } } });
const contextOf = (vm: S390xVm) => accessContext(vm, vm.vcpus.get(0) ?? newVcpu(0));

describe('low-address protection', () => {
  const context = contextOf(vmWith(LAP));

  it.each([
    [0, 0, true],
    [0, 511, true],
    [0, 512, false],
    [0, 4095, false],
    [0, 4096, true],
    [0, 4607, true],
    [0, 4608, false],
    [0, 8192, false],
    [0, 0x80000000, false],
    [1, 0, false],
    [0x80000000, 4096, false],
  ])('address %i * 2^32 + %i: %s', (high, low, protects) => {
    expect(lowAddressProtected(context, COMMON, high, low)).toBe(protects);
  });

  it('does not protect without CR0 bit 35 nor through a private space', () => {
    expect(lowAddressProtected(contextOf(vmWith(~LAP & 0xffffffffn)), COMMON, 0, 0)).toBe(false);
    expect(lowAddressProtected(context, PRIVATE, 0, 0)).toBe(false);
  });
});

const FETCH = false;
const STORE = true;

function passes(
  cr0: bigint,
  accessKey: number,
  storageKey: number,
  store: boolean,
  low = 4096,
  size = 8,
  asce = COMMON,
) {
  const vm = vmWith(cr0);
  const piece = { high: 0, low, size, frame: 1 };
  setKey(vm, 4096n, storageKey);
  return keyPasses(contextOf(vm), asce, accessKey, piece, store);
}

describe('key-controlled protection', () => {
  it.each([
    ['key 0 fetches anything', 0, 0xf8, FETCH, true],
    ['key 0 stores anything', 0, 0xf8, STORE, true],
    ['equal keys fetch', 5, 0x58, FETCH, true],
    ['equal keys store', 5, 0x58, STORE, true],
    ['different keys fetch without F', 5, 0x60, FETCH, true],
    ['different keys do not fetch with F', 5, 0x68, FETCH, false],
    ['different keys do not store without F', 5, 0x60, STORE, false],
    ['different keys do not store with F', 5, 0x68, STORE, false],
    ['the default key lets any key fetch', 15, 0x00, FETCH, true],
    ['the default key lets no other key store', 15, 0x00, STORE, false],
    ['reference and change bits do not matter', 5, 0x66, FETCH, true],
  ])('%s', (_name, accessKey, storageKey, store, allowed) => {
    expect(passes(0n, accessKey, storageKey, store)).toBe(allowed);
  });
});

describe('fetch-protection override', () => {
  it.each([
    ['a fetch of bytes 0-2047', 0, 2048, FETCH, COMMON, true],
    ['a fetch that ends at 2047', 2000, 48, FETCH, COMMON, true],
    ['a fetch of 2049 bytes from 0', 0, 2049, FETCH, COMMON, false],
    ['a fetch that begins at 2047 and goes on', 2047, 2, FETCH, COMMON, false],
    ['a fetch from 2048 on', 2048, 1, FETCH, COMMON, false],
    ['a store', 0, 8, STORE, COMMON, false],
    ['a fetch through a private space', 0, 8, FETCH, PRIVATE, false],
  ])('%s', (_name, low, size, store, asce, allowed) => {
    expect(passes(FPO, 5, 0x68, store, low, size, asce)).toBe(allowed);
    expect(passes(0n, 5, 0x68, store, low, size, asce)).toBe(false);
  });

  it('looks at all 64 bits of the address', () => {
    const vm = vmWith(FPO);
    setKey(vm, 4096n, 0x68);
    expect(keyPasses(contextOf(vm), COMMON, 5, { high: 1, low: 0, size: 8, frame: 1 }, FETCH)).toBe(false);
  });
});

describe('storage-protection override', () => {
  it.each([
    ['a fetch, ACC 9 with F', 0x98, FETCH, true],
    ['a store, ACC 9', 0x90, STORE, true],
    ['a store, ACC 9 with F', 0x98, STORE, true],
    ['a store, another ACC', 0x80, STORE, false],
    ['a fetch, another ACC with F', 0xa8, FETCH, false],
  ])('%s', (_name, storageKey, store, allowed) => {
    expect(passes(SPO, 5, storageKey, store)).toBe(allowed);
    expect(passes(0n, 5, storageKey, store)).toBe(false);
  });

  it('applies through a private space too', () => {
    expect(passes(SPO, 5, 0x98, FETCH, 4096, 8, PRIVATE)).toBe(true);
  });
});
