import fc from 'fast-check';
import { hexdump } from '../../../src/domain/memory/hexdump.js';

const text = (bytes: Uint8Array, start = 0n): string => [...hexdump(bytes, start)].join('');

/** A reader of what was written: the bytes, those of skipped lines as those before. */
function readBack(dump: string): { readonly start: number; readonly bytes: number[] } {
  const lines = dump.split('\n').slice(0, -1);
  const start = parseInt(lines[0] ?? '0', 16);
  const bytes: number[] = [];
  lines.forEach((line, i) => {
    if (line === '*') {
      const next = parseInt(lines[i + 1] ?? '0', 16) - start;
      while (bytes.length < next) bytes.push(...bytes.slice(-16));
      return;
    }
    const [address = ''] = line.split(' ', 1);
    expect(parseInt(address, 16) - start).toBe(bytes.length);
    const hex = line.slice(address.length, line.indexOf('|') < 0 ? undefined : line.indexOf('|'));
    bytes.push(...hex.split(' ').flatMap((digits) => (digits === '' ? [] : [parseInt(digits, 16)])));
  });
  return { start, bytes };
}

describe('a hexdump', () => {
  it('is what hexdump -C writes', () => {
    const bytes = Buffer.concat([Buffer.from('\x7fELF|~ \x80 and more\n'), Buffer.alloc(64), Buffer.from('end')]);
    expect(text(bytes, 0x1000n).split('\n')).toEqual([
      '00001000  7f 45 4c 46 7c 7e 20 c2  80 20 61 6e 64 20 6d 6f  |.ELF|~ .. and mo|',
      '00001010  72 65 0a 00 00 00 00 00  00 00 00 00 00 00 00 00  |re..............|',
      '00001020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|',
      '*',
      '00001050  00 00 00 65 6e 64                                 |...end|',
      '00001056',
      '',
    ]);
  });

  it('has no lines for no bytes, and 16 digits where 8 are too few', () => {
    expect(text(new Uint8Array())).toBe('');
    expect(text(Uint8Array.of(1), 0xffff_ffffn)).toMatch(/^00000000ffffffff {2}01 {48}\|\.\|\n0000000100000000\n$/);
    expect(text(Uint8Array.of(1), (1n << 64n) - 1n)).toMatch(/^ffffffffffffffff {2}01/);
  });

  const bytes = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 70 }), fc.nat(255)), { maxLength: 8 })
    .map((runs) => Uint8Array.from(runs.flatMap(([count, byte]) => new Array<number>(count).fill(byte))));

  it('tells every byte', () => {
    fc.assert(
      fc.property(bytes, fc.nat(0xffffff), (given, start) => {
        fc.pre(given.length > 0);
        expect(readBack(text(given, BigInt(start)))).toEqual({ start, bytes: [...given] });
      }),
    );
  });
});
