import { asAbsolute, fragments } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import type { InterruptOf } from '../../shapes/s390x-interrupt.js';
import { changed } from '../../vm/rules.js';
import type { S390xVm } from '../../vm/state.js';
import { FACILITY, hasFacility } from '../model/facilities.js';
import { type Field, type MachineStore, bigEndians, fieldStores } from './lowcore-store.js';
import { savedRegisters } from './save-area.js';
import type { S390xRegisterFile } from '../vcpu/vcpu.js';
import { vectorsOf } from '../vcpu/vector-registers.js';

const MCHK = {
  arModeId: 0xa3,
  code: 0xe8,
  extDamageCode: 0xf4,
  failingStorageAddress: 0xf8,
  fixedLogout: 0x1300,
} as const;

/** Where the lowcore designates the extended save area, and the length characteristic in the designation. */
const MCESAD = 0x11b0n;
const LENGTH = 0xfn;

/** Validity of vector registers and of guarded-storage controls in the MCIC (PoP, "Machine-Check Interruption Code"). */
const VECTORS = 1n << 38n;
const GUARDED_STORAGE = 1n << 27n;

/** Where guarded-storage controls lie in the extended save area. */
const GS_OFFSET = 1024n;

/** Bits of a designation that are no address, by length characteristic; other characteristics are invalid. */
const BELOW_ADDRESS: ReadonlyMap<bigint, bigint> = new Map([
  [0n, 0x3ffn],
  [10n, 0x3ffn],
  [11n, 0x7ffn],
  [12n, 0xfffn],
]);

/** An extended save area: its absolute address, and whether it is long enough for guarded-storage controls. */
interface SaveArea {
  readonly address: bigint;
  readonly long: boolean;
}

const designated = (memory: GuestMemory, at: bigint): bigint =>
  memory.read(fragments(asAbsolute(at), 8)).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

function saveArea(vm: S390xVm, prefix: number): SaveArea | undefined {
  const at = BigInt(prefix) + MCESAD;
  if (!changed(vm, 'machineCheckExtension') || !vm.memory.backs(at, 8)) return undefined;
  const designation = designated(vm.memory, at);
  const length = designation & LENGTH;
  const guarded = hasFacility(vm, FACILITY.guardedStorage);
  const below = guarded ? BELOW_ADDRESS.get(length) : 0x3ffn;
  const address = below === undefined ? 0n : BigInt.asUintN(64, designation & ~below);
  return address === 0n ? undefined : { address, long: guarded && (length === 11n || length === 12n) };
}

/** What goes to the extended save area, by the bit of the MCIC that says so. */
function extension(
  vm: S390xVm,
  registers: S390xRegisterFile,
): readonly { readonly bit: bigint; readonly store: MachineStore }[] {
  const area = saveArea(vm, registers.prefix);
  if (area === undefined) return [];
  const { gsd = 0n, gssm = 0n, gsEpl = 0n } = registers.gscb ?? {};
  const vectors = { absolute: area.address, bytes: bigEndians(vectorsOf(registers), 16) };
  const controls = { absolute: area.address + GS_OFFSET, bytes: bigEndians([0n, gsd, gssm, gsEpl], 8) };
  return [
    ...(hasFacility(vm, FACILITY.vector) ? [{ bit: VECTORS, store: vectors }] : []),
    ...(area.long ? [{ bit: GUARDED_STORAGE, store: controls }] : []),
  ];
}

/**
 * What a machine check stores beside the old PSW: registers, damage, and in the extended save area vector registers and
 * guarded-storage controls, where the guest has them and a place for them; else the MCIC says that they are not valid
 * (__write_machine_check).
 */
export function machineCheckStores(
  vm: S390xVm,
  { mcic, extDamageCode, failingStorageAddress, fixedLogout }: InterruptOf<'mchk'>,
  registers: S390xRegisterFile,
): readonly MachineStore[] {
  const saved = extension(vm, registers).filter(
    ({ bit, store }) => (mcic & bit) !== 0n && vm.memory.backs(store.absolute, store.bytes.length),
  );
  const valid = saved.reduce((bits, { bit }) => bits | bit, mcic & ~(VECTORS | GUARDED_STORAGE));
  const fields: readonly Field[] = [
    [MCHK.arModeId, 1, 1],
    [MCHK.code, valid, 8],
    [MCHK.extDamageCode, extDamageCode, 4],
    [MCHK.failingStorageAddress, failingStorageAddress, 8],
    [MCHK.fixedLogout, BigInt(`0x${fixedLogout}`), 16],
  ];
  return [
    ...saved.map(({ store }) => store),
    ...fieldStores(fields, registers.prefix),
    ...savedRegisters(registers, BigInt(registers.prefix)),
  ];
}
