import { ChunkStore } from '../../../src/domain/memory/chunk-store.js';
import { ErasedMemory, erased, erasedBy, storedIn } from '../../../src/domain/memory/erased.js';
import { toJson } from '../../../src/domain/json.js';
import { digester } from '../support/test-digester.js';

const SIZE = 64;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('bytes that are erased', () => {
  const gone = erased(8, 5);

  it('have a length, and tell which record took them', () => {
    expect(gone.length).toBe(8);
    expect(gone instanceof Uint8Array).toBe(true);
    expect(erasedBy(gone)).toBe(5);
    expect(erasedBy(new Uint8Array(8))).toBeUndefined();
  });

  it.each<[string, () => unknown]>([
    ['read', () => gone[0]],
    ['read by at()', () => gone.at(0)],
    ['read behind the end', () => gone[8]],
    ['cut', () => gone.subarray(0, 4)],
    ['copied', () => gone.slice()],
    ['copied into others', () => new Uint8Array(8).set(gone)],
    ['copied as a list', () => Uint8Array.from(gone)],
    ['gone through', () => [...gone]],
    ['compared', () => gone.every((byte) => byte === 0)],
    ['written in base64', () => toJson(gone)],
    ['written by Buffer', () => Buffer.from(gone)],
    ['asked for their buffer', () => gone.buffer],
  ])('cannot be %s', (_, use) => {
    expect(use).toThrow(ErasedMemory);
    expect(use).toThrow('position 5 erased');
  });

  it('make what they are stored in erased; what covers them whole does not', () => {
    const known = new Uint8Array(8).fill(1);
    expect(erasedBy(storedIn(known, 2, erased(2, 9)))).toBe(9);
    expect(erasedBy(storedIn(gone, 2, Uint8Array.of(1)))).toBe(5);
    expect(storedIn(gone, 0, known)).toEqual(known);
    expect(storedIn(known, 2, Uint8Array.of(7))).toEqual(Uint8Array.of(1, 1, 7, 1, 1, 1, 1, 1));
    expect(known).toEqual(new Uint8Array(8).fill(1));
  });
});

describe('a store with erased chunks', () => {
  const filled = (...chunks: readonly (readonly [index: number, byte: number])[]): ChunkStore => {
    const store = new ChunkStore(SIZE);
    for (const [index, byte] of chunks) store.edit(index).fill(byte);
    return store;
  };

  it('has the digest that it had, once it was told that of the chunk', () => {
    for (const index of [0, 1, 40, 5000]) {
      const whole = filled([0, 1], [1, 2], [40, 3], [5000, 4]);
      const store = whole.fork();
      store.erase(index, 7);
      expect(store.unsettled).toEqual([index]);
      expect(() => store.digest(digester)).toThrow(ErasedMemory);
      store.settle(index, whole.digestAt(index, digester));
      expect(store.unsettled).toEqual([]);
      expect(hex(store.digest(digester))).toBe(hex(whole.digest(digester)));
      expect(() => store.get(index)?.[0]).toThrow(ErasedMemory);
      expect(store.erasedAt(index)).toBe(7);
      expect([...store.erasedChunks()]).toEqual([[index, 7]]);
    }
  });

  it('has the digest of a chunk of zeros, written or not', () => {
    const store = filled([3, 1]);
    store.edit(4).fill(0);
    expect(store.digestAt(4, digester)).toEqual(new Uint8Array(32));
    expect(store.digestAt(5, digester)).toEqual(new Uint8Array(32));
    expect(store.digestAt(99_999, digester)).toEqual(new Uint8Array(32));
    const whole = hex(store.digest(digester));
    store.erase(4, 7);
    store.settle(4, new Uint8Array(32));
    expect(hex(store.digest(digester))).toBe(whole);
  });

  it('keeps a chunk erased that is stored to in part, and forgets its digest', () => {
    const store = filled([1, 1]);
    store.erase(1, 7);
    store.settle(1, new Uint8Array(32).fill(9));
    store.write(1, 5, Uint8Array.of(1, 2));
    expect(store.erasedAt(1)).toBe(7);
    expect(store.unsettled).toEqual([1]);
  });

  it('has a chunk back that is stored to as a whole, or cleared', () => {
    const store = filled([1, 1], [2, 2]);
    store.erase(1, 7);
    store.erase(2, 7);
    store.write(1, 0, new Uint8Array(SIZE).fill(5));
    store.clear(2);
    expect(store.unsettled).toEqual([]);
    expect(store.get(1)).toEqual(new Uint8Array(SIZE).fill(5));
    expect(hex(store.digest(digester))).toBe(hex(filled([1, 5]).digest(digester)));
  });

  it('shows nothing of it to its forks', () => {
    const store = filled([1, 1]);
    const twin = store.fork();
    store.erase(1, 7);
    expect(twin.get(1)).toEqual(new Uint8Array(SIZE).fill(1));
    const erasedTwin = store.fork();
    store.settle(1, twin.digestAt(1, digester));
    expect(erasedTwin.unsettled).toEqual([1]);
    expect(() => erasedTwin.digest(digester)).toThrow(ErasedMemory);
  });

  it('cannot be kept in a snapshot, nor be told the digest of what is there', () => {
    const store = filled([1, 1], [2, 2]);
    store.erase(1, 7);
    store.settle(1, new Uint8Array(32).fill(9));
    expect(() => [...store.nodes(digester, () => false)]).toThrow(ErasedMemory);
    expect(() => store.settle(2, new Uint8Array(32))).toThrow(RangeError);
    expect(() => store.edit(1).fill(0)).toThrow(ErasedMemory);
  });
});
