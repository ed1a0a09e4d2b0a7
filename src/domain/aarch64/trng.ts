import { type Implementation, RESULT, answered, constant, low32 } from './smccc-call.js';
import { TRNG } from './smccc-id.js';

const VERSION = 0x1_0000n;

/** KVM's id as a source of randomness, in four words. */
const UUID = [0x00e0_210dn, 0xeb11_8443n, 0x4452_7080n, 0x4c5a_4e55n] as const;

/** Registers that random bits come in. */
const REGISTERS = 3;

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** TRNG_RND: as many random bits as the low half of x1 says, the last ones in x3, zeros above (kvm_trng_do_rnd). */
const random =
  (width: 32 | 64): Implementation =>
  ({ args: [x1], random: bytes }) => {
    const wanted = low32(x1);
    if (wanted > REGISTERS * width) return answered(RESULT.invalidParameters);
    const bits = BigInt.asUintN(wanted, littleEndian(bytes));
    const word = (index: number): bigint => BigInt.asUintN(width, bits >> BigInt(index * width));
    return answered(RESULT.success, word(2), word(1), word(0));
  };

const CALLS: ReadonlySet<bigint> = new Set(Object.values(TRNG).map(BigInt));

/** The random number generator (kvm_trng_call). TRNG_FEATURES looks at all of x1. */
export const trng: ReadonlyMap<number, Implementation> = new Map([
  [TRNG.version, constant(VERSION)],
  [TRNG.features, ({ args: [x1] }) => answered(CALLS.has(x1) ? RESULT.success : RESULT.notSupported)],
  [TRNG.uuid, constant(...UUID)],
  [TRNG.rnd32, random(32)],
  [TRNG.rnd64, random(64)],
]);

/** Whether a call takes random bytes. */
export const takesRandom = (id: number): boolean => id === TRNG.rnd32 || id === TRNG.rnd64;
