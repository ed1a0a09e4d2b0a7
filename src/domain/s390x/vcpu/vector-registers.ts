import type { S390xRegisterFile } from './vcpu.js';

const HALF = 64n;

type Vectors = Pick<S390xRegisterFile, 'vrs'>;

const ZEROS: readonly bigint[] = new Array<bigint>(32).fill(0n);

/** The 32 vector registers, 128 bits each. */
export const vectorsOf = ({ vrs = ZEROS }: Vectors): readonly bigint[] => vrs;

/** The 16 floating-point registers: the left halves of the first vector registers (PoP, "Vector Registers"; convert_vx_to_fp). */
export const floatsOf = (registers: Vectors): readonly bigint[] =>
  vectorsOf(registers)
    .slice(0, 16)
    .map((vector) => vector >> HALF);

type ByNumber = Readonly<Record<string, bigint>>;

/** Vector registers with some replaced, then the left halves of some (convert_fp_to_vx). */
export const withVectors = (registers: Vectors, vrs: ByNumber = {}, fprs: ByNumber = {}): readonly bigint[] =>
  vectorsOf(registers).map((before, i) => {
    const vector = vrs[String(i)] ?? before;
    const float = fprs[String(i)];
    return float === undefined ? vector : (float << HALF) | BigInt.asUintN(64, vector);
  });
