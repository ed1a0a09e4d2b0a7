import { z } from 'zod';

const DIGITS = /^(?:0[xX][0-9a-fA-F]{1,64}|[0-9]{1,80})$/;

/** The one message of a shape, whichever of its parts did not match. */
const says = (message: string) => ({
  error: ({ input }: { readonly input: unknown }) => (input === undefined ? 'is required' : message),
});

/** What is around a number that is none is not looked at as if it were one. */
const UNSIGNED = {
  ...says('must be an unsigned number: hex ("0x…") or decimal text, or an integer up to 2^53-1'),
  abort: true,
};

/** What clients write for an unsigned number: hex or decimal text, or a JSON integer up to 2^53-1. */
const digits = z.union([z.string(UNSIGNED).regex(DIGITS, UNSIGNED), z.int(UNSIGNED).nonnegative(UNSIGNED)], UNSIGNED);

/** An unsigned 64-bit quantity (contract, ground rules). Output: bigint. */
export const u64 = digits
  .transform((text) => BigInt(text))
  .refine((value) => value < 1n << 64n, 'must fit in 64 bits')
  .meta({ id: 'U64', description: '64 bits, unsigned: hex ("0x…") or decimal text, or an integer up to 2^53-1' });

/** An unsigned 128-bit quantity: a vector register. Output: bigint. */
export const u128 = digits
  .transform((text) => BigInt(text))
  .refine((value) => value < 1n << 128n, 'must fit in 128 bits')
  .meta({ id: 'U128', description: '128 bits, unsigned: hex ("0x…") or decimal text, or an integer up to 2^53-1' });

/** An unsigned quantity of `bits` (at most 32) bits. Output: number. */
export const uint = (bits: 8 | 16 | 32) =>
  digits
    .transform((text) => Number(text))
    .refine((value) => value < 2 ** bits, `must fit in ${bits} bits`)
    .meta({ id: `U${bits}`, description: `${bits} bits, unsigned` });

export const u8 = uint(8);
export const u16 = uint(16);
export const u32 = uint(32);

/** Together with a length that is a multiple of 4; a group for each four characters would exhaust the stack on long text. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && BASE64.test(text);

const BASE64_TEXT = says('must be base64 (RFC 4648, with padding)');

const base64Text = z.string(BASE64_TEXT).refine(isBase64, BASE64_TEXT).transform(fromBase64);

/** Binary data: base64 text in JSON; bytes as they are where no JSON was. Output: bytes. */
export const bytes = z
  .union([z.custom<Uint8Array>((value) => value instanceof Uint8Array), base64Text], BASE64_TEXT)
  .meta({ id: 'Bytes', description: 'binary data in base64' });

const oneOf = (names: readonly string[]) => says(`must be one of ${names.join(', ')}, or a number`);

/**
 * An enumeration of the kernel's: a name, or the ABI number. A number that has a name becomes the name; one that has none
 * stays a number, so that the machine can answer it as the kernel does.
 *
 * @param names the ABI numbers by name
 */
export function abiEnum<const Names extends Readonly<Record<string, number>>>(names: Names) {
  type Name = Extract<keyof Names, string>;
  const byNumber = new Map(Object.entries(names).map(([name, number]) => [number, name as Name]));
  const keys = Object.keys(names) as [Name, ...Name[]];
  return z.union([z.enum(keys), u32], oneOf(keys)).transform((value): Name | number => {
    return typeof value === 'number' ? (byNumber.get(value) ?? value) : value;
  });
}

/** A set of flags in its normal form: the names of the known bits in bit order, then the unknown bits as one number. */
export type FlagSet<Name extends string> = readonly (Name | bigint)[];

type Masks = Readonly<Record<string, number>>;

type NameOf<M extends Masks> = Extract<keyof M, string>;

/** A flag field as a client writes it: a number, or names and numbers. */
export type FlagInput<Name extends string> = bigint | readonly (Name | bigint)[];

/** A flag field of the kernel's: a number, or a list that may mix names and numbers, as it was given. */
export function flagInput<const M extends Masks>(masks: M, bits: 16 | 32 | 64) {
  const keys = Object.keys(masks) as [NameOf<M>, ...NameOf<M>[]];
  const number = u64.refine((value) => value < 1n << BigInt(bits), `must fit in ${bits} bits`);
  const list = z.array(z.union([z.enum(keys), number], oneOf(keys))).max(64);
  return z.union([number, list], says(`must be a number, or a list of ${keys.join(', ')} and numbers`));
}

/** The normal form of a flag field. */
export function normalFlags<const M extends Masks>(masks: M, value: FlagInput<NameOf<M>>): FlagSet<NameOf<M>> {
  const items: readonly (string | bigint)[] = typeof value === 'bigint' ? [value] : value;
  const toMask = (item: string | bigint) => (typeof item === 'bigint' ? item : BigInt(masks[item] ?? 0));
  let rest = items.reduce<bigint>((mask, item) => mask | toMask(item), 0n);
  const set: (NameOf<M> | bigint)[] = [];
  for (const name of Object.keys(masks) as NameOf<M>[]) {
    const mask = BigInt(masks[name] ?? 0);
    if ((rest & mask) === 0n) continue;
    set.push(name);
    rest &= ~mask;
  }
  return rest === 0n ? set : [...set, rest];
}

/**
 * A flag field of the kernel's: a number, or a list that may mix names and numbers. Output: the normal form of `FlagSet`.
 *
 * @param masks the bit masks by name
 * @param bits the width of the ABI's field
 */
export const flagSet = <const M extends Masks>(masks: M, bits: 16 | 32 | 64) =>
  flagInput(masks, bits).transform((value): FlagSet<NameOf<M>> => normalFlags(masks, value as FlagInput<NameOf<M>>));

/** The bits of a set of flags as one number, unknown ones included. */
export const maskOf = <Name extends string>(masks: Readonly<Record<Name, number>>, flags: FlagSet<Name>): bigint =>
  flags.reduce<bigint>((mask, flag) => mask | (typeof flag === 'bigint' ? flag : BigInt(masks[flag])), 0n);
