import { type MachineStore, bigEndian, bigEndians } from './lowcore-store.js';
import type { S390xRegisterFile } from '../vcpu/vcpu.js';
import { floatsOf } from '../vcpu/vector-registers.js';

/** Where each register is saved, as an offset in the assigned storage locations (PoP, "Assigned Storage Locations"). */
export const SAVE_AREA = {
  fprs: 0x1200,
  gprs: 0x1280,
  psw: 0x1300,
  prefix: 0x1318,
  fpc: 0x131c,
  todpr: 0x1324,
  cpuTimer: 0x1328,
  clockComparator: 0x1330,
  acrs: 0x1340,
  crs: 0x1380,
} as const;

export const pswBytes = ({ mask, addr }: S390xRegisterFile['psw']): Uint8Array => bigEndians([mask, addr], 8);

/**
 * The registers that both a machine check and store status save, but for PSW and prefix: `base` is the absolute address that the
 * offsets count from. Of the clock comparator the leftmost 56 bits are saved, one byte further right.
 */
export function savedRegisters(registers: S390xRegisterFile, base: bigint): MachineStore[] {
  const at = (offset: number, bytes: Uint8Array): MachineStore => ({ absolute: base + BigInt(offset), bytes });
  return [
    at(SAVE_AREA.fprs, bigEndians(floatsOf(registers), 8)),
    at(SAVE_AREA.gprs, bigEndians(registers.gprs, 8)),
    at(SAVE_AREA.fpc, bigEndian(registers.fpc, 4)),
    at(SAVE_AREA.todpr, bigEndian(registers.todpr, 4)),
    at(SAVE_AREA.cpuTimer, bigEndian(registers.cpuTimer, 8)),
    at(SAVE_AREA.clockComparator, bigEndian(registers.clockComparator >> 8n, 8)),
    at(SAVE_AREA.acrs, bigEndians(registers.acrs, 4)),
    at(SAVE_AREA.crs, bigEndians(registers.crs, 8)),
  ];
}

/** PSW and prefix, which store status saves as well. */
export const savedPswAndPrefix = ({ psw, prefix }: S390xRegisterFile, base: bigint): MachineStore[] => [
  { absolute: base + BigInt(SAVE_AREA.psw), bytes: pswBytes(psw) },
  { absolute: base + BigInt(SAVE_AREA.prefix), bytes: bigEndian(prefix, 4) },
];
