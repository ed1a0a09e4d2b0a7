import { touchedFrames } from '../../../src/domain/audit/touched-frames.js';
import { asAbsolute } from '../../../src/domain/memory/address.js';
import { command } from '../../../src/domain/vm/command.js';

const mode = (gaddr: string, size: number, vcpu?: number) =>
  command.parse({ type: 's390_mem_op', op: 4, gaddr, size, vcpu });

describe('the frames that a command touched', () => {
  it.each([
    ['an absolute access, refused or not', mode('0x1000', 4096), { first: 1, last: 1 }],
    ['an access over a page border', mode('0x1fff', 2), { first: 1, last: 2 }],
    ['an access of size 0', mode('0x3000', 0), { first: 3, last: 3 }],
    ['an access that wraps', mode('0xfffffffffffff000', 8192), { first: 0, last: 2 ** 52 - 1 }],
    ['a logical access that touched nothing', mode('0x1000', 8, 0), undefined],
    ['a command that names no memory', command.parse({ type: 'create_vcpu', id: 0 }), undefined],
  ])('%s', (_, given, frames) => {
    expect(touchedFrames(given, [])).toEqual(frames);
  });

  it('come from the facts of a logical access', () => {
    const parts = [
      { absolute: asAbsolute(0x9000n), size: 16 },
      { absolute: asAbsolute(0x5ff0n), size: 16 },
    ];
    expect(touchedFrames(mode('0x1000', 32, 0), [{ type: 'memory_read', parts }])).toEqual({ first: 5, last: 9 });
  });
});
