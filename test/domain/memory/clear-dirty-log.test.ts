import type { Errno } from '../../../src/domain/errno.js';
import { apply } from '../../../src/domain/vm/folds/apply.js';
import { command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { Decision } from '../../../src/domain/vm/decision.js';
import type { Vm } from '../../../src/domain/vm/state.js';

const MIB = 1 << 20;

class Logging {
  private vm: Vm | undefined;

  /** A VM with 200 pages of memory that log, and a slot that does not. */
  constructor(arch: 's390x' | 'x86_64' | 'aarch64') {
    this.run({ type: 'create_vm', arch });
    const slots = arch === 's390x' ? [MIB] : [200 * 4096];
    for (const size of slots)
      this.run({ type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size, flags: ['log_dirty_pages'] });
    this.run({ type: 'set_user_memory_region', slot: 1, guestPhysAddr: 4 * MIB, size: MIB });
  }

  run(input: Readonly<Record<string, unknown>>): Decision {
    const decision = decide(this.vm, command.parse(input));
    for (const event of decision.events) this.vm = apply('vm', this.vm, event);
    return decision;
  }

  dirty(...frames: number[]): this {
    for (const frame of frames) this.vm?.memory.marks.set(frame, 0x1000, 0x1000);
    return this;
  }

  clear(request: object): Errno | number {
    const { errno, ret } = this.run({ type: 'clear_dirty_log', slot: 0, ...request });
    return errno ?? ret;
  }

  get log(): unknown {
    return this.run({ type: 'get_dirty_log', slot: 0 }).reply['frames'];
  }
}

const bitmap = (size: number, ...bits: number[]): string => {
  const bytes = Buffer.alloc(size);
  for (const bit of bits) bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
  return bytes.toString('base64');
};

describe.each(['x86_64', 'aarch64'] as const)('KVM_CLEAR_DIRTY_LOG on %s', (arch) => {
  it('clears the pages whose bits are set, and no others', () => {
    const vm = new Logging(arch).dirty(0, 64, 65, 127, 128, 199);
    expect(vm.clear({ firstPage: 64, numPages: 64, bitmap: bitmap(8, 0, 63) })).toBe(0);
    expect(vm.log).toEqual([0n, 65n, 128n, 199n]);
  });

  it('takes the rest of the slot, also where that is no whole number of words', () => {
    const vm = new Logging(arch).dirty(128, 199);
    expect(vm.clear({ firstPage: 128, numPages: 72, bitmap: bitmap(16, 71) })).toBe(0);
    expect(vm.log).toEqual([128n]);
  });

  it('leaves alone what lies beyond the slot', () => {
    const vm = new Logging(arch).dirty(199, 1024);
    expect(vm.clear({ firstPage: 192, numPages: 8, bitmap: bitmap(8, 7, 8, 63) })).toBe(0);
    expect(vm.log).toEqual([]);
  });

  it('does nothing for no pages', () => {
    const vm = new Logging(arch).dirty(0);
    expect(vm.clear({})).toBe(0);
    expect(vm.log).toEqual([0n]);
  });

  it.each<readonly [string, object, Errno]>([
    ['a slot number beyond the last', { slot: 40000, firstPage: 1 }, 'EINVAL'],
    ['a first page that is no multiple of 64, before whether there is a log', { slot: 1, firstPage: 63 }, 'EINVAL'],
    ['a slot that does not log', { slot: 1, firstPage: 64, numPages: 1 }, 'ENOENT'],
    ['no such slot', { slot: 2 }, 'ENOENT'],
    ['a first page beyond the slot', { firstPage: 256, numPages: 0 }, 'EINVAL'],
    ['more pages than there are', { firstPage: 192, numPages: 9, bitmap: bitmap(8) }, 'EINVAL'],
    ['part of a word before the end of the slot', { numPages: 100, bitmap: bitmap(16) }, 'EINVAL'],
    ['no bitmap', { numPages: 64 }, 'EFAULT'],
    ['a bitmap that is too short', { numPages: 128, bitmap: bitmap(8) }, 'EFAULT'],
  ])('refuses %s', (_, request, errno) => {
    const vm = new Logging(arch).dirty(0, 199);
    expect(vm.clear(request)).toBe(errno);
    expect(vm.log).toEqual([0n, 199n]);
  });
});

describe('KVM_CLEAR_DIRTY_LOG on s390x', () => {
  it('is no ioctl there is', () => {
    const vm = new Logging('s390x').dirty(0);
    expect(vm.clear({ numPages: 64, bitmap: bitmap(8, 0) })).toBe('ENOTTY');
    expect(vm.log).toEqual([0n]);
  });
});
