import type { X86Host } from '../../shapes/host.js';

/** Frequency of the guest's TSC where the host profile does not say: 1 GHz. */
const DEFAULT_KHZ = 1_000_000;

const khzOf = ({ tscKhz = DEFAULT_KHZ }: X86Host): number => tscKhz;

/** The frequency of the guest's TSC in Hz. */
export const tscHz = (host: X86Host): bigint => 1000n * BigInt(khzOf(host));

/** The guest's TSC at a time in milliseconds since 1970, from which it counts. */
export const tscAt = (host: X86Host, time: number): bigint => BigInt.asUintN(64, BigInt(khzOf(host)) * BigInt(time));
