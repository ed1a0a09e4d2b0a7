import { accessContext } from '../../../../src/domain/s390x/dat/access-context.js';
import { translateAccessRegister } from '../../../../src/domain/s390x/dat/access-registers.js';
import { codeOf, reasonOf } from '../../../../src/domain/s390x/dat/fault.js';
import { newVcpu } from '../../../../src/domain/s390x/vcpu/vcpu.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import type { S390xRegisterChanges } from '../../../../src/domain/shapes/s390x-registers.js';
import { buildVm, bytesAt, load, loadDoublewords, withRegisters } from '../../support/s390x-vm.js';

const DUCT = 0x10000n;
const ALD = DUCT + 16n;
const LIST = 0x11000n;
const ALE = LIST + 2n * 16n;
const ASTE = 0x12000n;
const AUTHORITY = 0x13000n;
const ASCE = 0x1234567890020n;

/** ALEN 2, ALESN 5; the entry is public, its ALEAX 7; ASTE sequence number 0x77. */
const ALET = 0x00050002;

function vmWithTables(): S390xVm {
  const vm = buildVm({
    registers: { crs: { 1: 0x100n, 2: DUCT, 5: DUCT, 7: 0x700n, 8: 0n }, acrs: { 0: ALET, 3: ALET } },
  });
  loadDoublewords(vm, ALD, LIST << 32n);
  loadDoublewords(vm, ALE, 0x00050007_00000000n, (ASTE << 32n) | 0x77n);
  loadDoublewords(vm, ASTE, AUTHORITY << 32n, ASCE, 0x77n);
  return vm;
}

/** The 32-bit words at an address, changed. */
const loadWord = (vm: S390xVm, address: bigint, word: number) =>
  load(vm, address, [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff]);

function translation(vm: S390xVm, ar = 3, store = false) {
  const result = translateAccessRegister(accessContext(vm, vm.vcpus.get(0) ?? newVcpu(0)), ar, store);
  return typeof result === 'number' ? [codeOf(result), reasonOf(result)] : result;
}

const designated = { high: 0x12345, low: 0x67890020 };

describe('access-register translation', () => {
  it.each([
    ['step 1: register 0 has ALET 0 whatever it holds: CR1', 0, {}, { high: 0, low: 0x100 }],
    ['step 1: ALET 0: CR1', 3, { acrs: { 3: 0 } }, { high: 0, low: 0x100 }],
    ['step 1: ALET 1: CR7', 3, { acrs: { 3: 1 } }, { high: 0, low: 0x700 }],
    ['step 9: the ASCE of the ASTE', 3, {}, designated],
  ])('%s', (_name, ar, registers: S390xRegisterChanges, asce) => {
    expect(translation(withRegisters(vmWithTables(), registers), ar)).toEqual(asce);
  });

  type Change = (vm: S390xVm) => S390xVm | undefined;
  const registers = (changes: S390xRegisterChanges) => (vm: S390xVm) => withRegisters(vm, changes);
  const word = (address: bigint, value: number) => (vm: S390xVm) => {
    loadWord(vm, address, value);
    return undefined;
  };
  const all =
    (...changes: Change[]): Change =>
    (vm) =>
      changes.reduce((now, change) => change(now) ?? now, vm);

  const FAR = 0x7fffff80;
  it.each<[string, Change, number, string]>([
    ['step 2: ALET bit 0', registers({ acrs: { 3: (ALET | 0x80000000) >>> 0 } }), 0x28, 'alet_reserved_bits'],
    ['step 2: ALET bit 6', registers({ acrs: { 3: ALET | 0x02000000 } }), 0x28, 'alet_reserved_bits'],
    ['step 3: no storage at CR2', registers({ crs: { 2: 0x7fffffc0n } }), 0x05, 'designation_addressing'],
    ['step 4: ALEN / 8 above ALL', registers({ acrs: { 3: 0x00050008 } }), 0x29, 'alen_length'],
    [
      'step 4: entry beyond 31 bits',
      all(registers({ acrs: { 3: 0x00050008 } }), word(ALD, FAR | 1)),
      0x05,
      'ale_address',
    ],
    ['step 5: no storage at the entry', word(ALD, FAR), 0x05, 'ale_addressing'],
    ['step 5: entry invalid', word(ALE, 0x80050007), 0x29, 'ale_invalid'],
    ['step 5: ALESN mismatch', word(ALE, 0x00060007), 0x2a, 'ale_sequence'],
    ['step 5: invalid wins over ALESN mismatch', word(ALE, 0x80060007), 0x29, 'ale_invalid'],
    ['step 6: no storage at the ASTE', word(ALE + 8n, 0x7fffffc0), 0x05, 'aste_addressing'],
    ['step 6: ASTE invalid', word(ASTE, 0x80013000), 0x2b, 'aste_invalid'],
    ['step 6: ASTESN mismatch', word(ASTE + 20n, 0x78), 0x2c, 'aste_sequence'],
    [
      'step 6: invalid wins over ASTESN mismatch',
      all(word(ASTE, 0x80013000), word(ASTE + 20n, 0x78)),
      0x2b,
      'aste_invalid',
    ],
    [
      'step 7: private, EAX / 16 above ATL',
      all(word(ALE, 0x01050007), registers({ crs: { 8: 16n << 16n } })),
      0x2d,
      'authority_length',
    ],
    [
      'step 7: private, no storage at the authority table',
      all(word(ALE, 0x01050007), word(ASTE, 0x7ffffffc)),
      0x05,
      'authority_addressing',
    ],
    ['step 7: private, secondary authority missing', word(ALE, 0x01050007), 0x2d, 'authority_missing'],
  ])('%s', (_name, change, code, reason) => {
    const vm = vmWithTables();
    expect(translation(change(vm) ?? vm)).toEqual([code, reason]);
  });

  it('step 3: ALET bit 7 takes the list of CR5', () => {
    const changes = { acrs: { 3: ALET | 0x01000000 } };
    const away = { ...changes, crs: { 2: 0x7fffffc0n } };
    expect(translation(withRegisters(vmWithTables(), away))).toEqual(designated);
    const other = { ...changes, crs: { 5: 0x7fffffc0n } };
    expect(translation(withRegisters(vmWithTables(), other))).toEqual([0x05, 'designation_addressing']);
  });

  it('step 3: only bits 33-57 of the control register count', () => {
    const vm = withRegisters(vmWithTables(), { crs: { 2: 0xffffffff_8000003fn | DUCT } });
    expect(translation(vm)).toEqual(designated);
  });

  it('step 4: ALL counts eighths: ALEN 15 is in a list of length 1', () => {
    const vm = withRegisters(vmWithTables(), { acrs: { 3: 0x0005000f } });
    loadWord(vm, ALD, Number(LIST) | 1);
    expect(translation(vm)).toEqual([0x2a, 'ale_sequence']);
  });

  it.each([
    ['ALEAX equal to the EAX needs no table', 7n, undefined],
    ['EAX 0: bit 1 of byte 0', 0n, [0n, 0x40]],
    ['EAX 1: bit 3 of byte 0', 1n, [0n, 0x10]],
    ['EAX 6: bit 5 of byte 1', 6n, [1n, 0x04]],
    ['EAX 15: bit 7 of byte 3', 15n, [3n, 0x01]],
  ] as const)('step 7: private entry, %s', (_name, eax, grant) => {
    const vm = withRegisters(vmWithTables(), { crs: { 8: (eax << 16n) | 0xffffn } });
    loadWord(vm, ALE, 0x01050007);
    if (grant) load(vm, AUTHORITY + grant[0], [grant[1]]);
    expect(translation(vm)).toEqual(designated);
    if (grant) load(vm, AUTHORITY + grant[0], [~grant[1] & 0xff]);
    expect(translation(vm)).toEqual(grant ? [0x2d, 'authority_missing'] : designated);
  });

  it('step 8: fetch-only stops a store and nothing else', () => {
    const vm = vmWithTables();
    loadWord(vm, ALE, 0x02050007);
    expect(translation(vm, 3, true)).toEqual([0x04, 'fetch_only']);
    expect(translation(vm, 3, false)).toEqual(designated);
  });

  it.each([
    ['access-list designation and access list', 0x10000n],
    ['ASN-second table and authority table', 0x12000n],
  ])('its tables are in real storage, so the prefix applies: %s', (_name, prefix) => {
    const vm = vmWithTables();
    loadWord(vm, ALE, 0x01050007);
    load(vm, AUTHORITY, [0x40]);
    load(vm, 0n, bytesAt(vm, prefix, 8192));
    load(vm, prefix, new Uint8Array(8192));
    expect(translation(withRegisters(vm, { prefix: Number(prefix) }))).toEqual(designated);
  });
});
