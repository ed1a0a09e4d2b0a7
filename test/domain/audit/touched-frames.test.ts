import { touchedFrames } from '../../../src/domain/audit/touched-frames.js';
import { asAbsolute } from '../../../src/domain/memory/address.js';
import { command } from '../../../src/domain/vm/command.js';

const mode = (gaddr: string, size: number, vcpu?: number) =>
  command.parse({ type: 's390_mem_op', op: 4, gaddr, size, vcpu });

const unpack = (addr: string, size: string) =>
  command.parse({ type: 's390_pv_command', command: 'unpack', addr, size, tweak: 0 });

describe('the frames that a command touched', () => {
  it.each([
    ['an absolute access, refused or not', mode('0x1000', 4096), { first: 1, last: 1 }],
    ['an access over a page border', mode('0x1fff', 2), { first: 1, last: 2 }],
    ['an access of size 0', mode('0x3000', 0), { first: 3, last: 3 }],
    ['an access that wraps', mode('0xfffffffffffff000', 8192), { first: 0, last: 2 ** 52 - 1 }],
    ['a logical access that touched nothing', mode('0x1000', 8, 0), undefined],
    ['an image that is unpacked', unpack('0x3000', '0x2000'), { first: 3, last: 4 }],
    ['an image without end', unpack('0x3000', '0xfffffffffffff000'), { first: 0, last: 2 ** 52 - 1 }],
    ['keys of pages', command.parse({ type: 's390_get_skeys', startGfn: 5, count: 2 }), { first: 5, last: 6 }],
    [
      'keys of more pages than one call takes',
      command.parse({ type: 's390_set_skeys', startGfn: 1, count: '0xffffffffffffffff' }),
      { first: 1, last: 2 ** 20 },
    ],
    [
      'CMMA values of pages beyond all addresses',
      command.parse({ type: 's390_get_cmma_bits', startGfn: '0xffffffffffffffff', count: 1 }),
      undefined,
    ],
    ['the key of a page', command.parse({ type: 's390_keyop', op: 1, gaddr: '0x7fff' }), { first: 7, last: 7 }],
    ['a command that names no memory', command.parse({ type: 'create_vcpu', id: 0 }), undefined],
  ])('%s', (_, given, frames) => {
    expect(touchedFrames(given, [])).toEqual(frames);
  });

  it('come from the pages that were unpacked', () => {
    const unpacked = { type: 'image_unpacked', absolute: asAbsolute(0x4000n), pages: 3 } as const;
    expect(touchedFrames(mode('0x1000', 8, 0), [unpacked])).toEqual({ first: 4, last: 6 });
  });

  it('come from the facts of keys and page states', () => {
    const given = command.parse({ type: 's390_guest', vcpu: 0, instruction: 'iske', gaddr: 0 });
    const absolute = asAbsolute(0x3000n);
    expect(touchedFrames(given, [{ type: 'storage_key_set', absolute, key: 2 }])).toEqual({ first: 3, last: 3 });
    expect(touchedFrames(given, [{ type: 'cmma_collected', startGfn: 4n, count: 3 }])).toEqual({ first: 4, last: 6 });
    const keys = { type: 'storage_keys_set', startGfn: 8n, data: new Uint8Array(2) } as const;
    expect(touchedFrames(given, [keys])).toEqual({ first: 8, last: 9 });
  });

  it('come from the facts of a logical access', () => {
    const parts = [
      { absolute: asAbsolute(0x9000n), size: 16 },
      { absolute: asAbsolute(0x5ff0n), size: 16 },
    ];
    expect(touchedFrames(mode('0x1000', 32, 0), [{ type: 'memory_read', parts }])).toEqual({ first: 5, last: 9 });
  });
});
