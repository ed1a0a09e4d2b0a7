import { LastWrites } from '../../domain/audit/accesses/last-writes.js';
import { type MemoryMap, NO_MEMORY, type PageRun, backingsOf } from '../../domain/audit/accesses/memory-map.js';
import { type Absolute, PAGE_SIZE, asAbsolute } from '../../domain/memory/address.js';
import type { Breath } from '../breath.js';
import type { AccessReader, FoundWrite, Place } from './access-reader.js';
import { type Bin, binsOver } from './bins.js';

/** Writes of one bin that are read in one go. */
const BATCH = 32;

/** A run of guest memory, and which access wrote it last. */
export interface BlamedRun {
  readonly absolute: Absolute;
  readonly size: number;
  /** False where no slot is. */
  readonly backed: boolean;
  /** Absent where nothing was ever written. */
  readonly write?: Place;
}

/** The writes of one bin, from the last one back, a few at a time. */
class Backwards {
  private waiting: FoundWrite[] = [];
  private ended = false;
  private last: FoundWrite;

  constructor(
    private readonly reader: AccessReader,
    private readonly vm: number,
    private readonly bin: Bin,
    upTo: number,
  ) {
    this.last = { position: upTo + 1, n: -1, page: -1, start: -1, size: 0 };
  }

  /** The next one, to stay where it is. */
  peek(): FoundWrite | undefined {
    if (this.waiting.length === 0 && !this.ended) {
      this.waiting = this.reader.writes(this.vm, this.bin, this.last, BATCH);
      this.ended = this.waiting.length < BATCH;
      this.last = this.waiting.at(-1) ?? this.last;
    }
    return this.waiting[0];
  }

  next(): void {
    this.waiting.shift();
  }
}

const isLater = (a: FoundWrite, b: FoundWrite | undefined): boolean =>
  b === undefined || a.position > b.position || (a.position === b.position && a.n > b.n);

const sameWrite = (a: BlamedRun, b: BlamedRun): boolean =>
  a.backed === b.backed && a.write?.position === b.write?.position && a.write?.n === b.write?.n;

const follows = (a: BlamedRun, b: BlamedRun): boolean => a.absolute + BigInt(a.size) === b.absolute;

/** Who wrote the part of one page that a run is, as far as the record at a position. */
async function ofPage(reader: AccessReader, run: PageRun, upTo: number, breath: Breath) {
  const last = new LastWrites<FoundWrite>(run.page, { from: run.offset, to: run.offset + run.size });
  const vm = reader.idOf(run.vm);
  const bins = vm === undefined ? [] : (binsOver(run.page, run.page, Infinity) ?? []);
  const lists = vm === undefined ? [] : bins.map((bin) => new Backwards(reader, vm, bin, upTo));
  while (!last.done) {
    let newest: Backwards | undefined;
    for (const list of lists) {
      const write = list.peek();
      if (write && isLater(write, newest?.peek())) newest = list;
    }
    const write = newest?.peek();
    if (write === undefined) break;
    last.take(write);
    newest?.next();
    await breath.take();
  }
  return last.spans();
}

/** Cuts a run at the ends of pages. */
function* byPage(absolute: bigint, run: PageRun): Generator<readonly [bigint, PageRun]> {
  for (let at = 0; at < run.size;) {
    const offset = (run.offset + at) % PAGE_SIZE;
    const size = Math.min(run.size - at, PAGE_SIZE - offset);
    yield [
      absolute + BigInt(at),
      { vm: run.vm, page: run.page + Math.floor((run.offset + at) / PAGE_SIZE), offset, size },
    ];
    at += size;
  }
}

async function* pieces(
  reader: AccessReader,
  vm: string,
  map: MemoryMap,
  part: { readonly absolute: Absolute; readonly size: number },
  upTo: number,
  breath: Breath,
): AsyncGenerator<BlamedRun> {
  for (const { run, absolute, size } of backingsOf(vm, map, part)) {
    if (run === undefined) {
      yield { absolute, size, backed: false };
      continue;
    }
    for (const [address, page] of byPage(absolute, run)) {
      await breath.take();
      for (const { from, to, write } of await ofPage(reader, page, upTo, breath))
        yield {
          absolute: asAbsolute(address + BigInt(from - page.offset)),
          size: to - from,
          backed: true,
          ...(write && { write: { position: write.position, n: write.n } }),
        };
    }
  }
}

/**
 * Which access wrote each byte of a range of guest memory last, in order of address, in runs as long as they can be: as of the record
 * at a position, by the pages that were behind the range then, whoever wrote to them.
 */
export async function* blame(
  reader: AccessReader,
  vm: string,
  part: { readonly absolute: Absolute; readonly size: number },
  upTo: number,
  breath: Breath,
): AsyncGenerator<BlamedRun> {
  const id = reader.idOf(vm);
  const map = id === undefined ? NO_MEMORY : reader.mapAt(id, upTo);
  let run: BlamedRun | undefined;
  for await (const piece of pieces(reader, vm, map, part, upTo, breath)) {
    if (run && sameWrite(run, piece) && follows(run, piece)) run = { ...run, size: run.size + piece.size };
    else {
      if (run) yield run;
      run = piece;
    }
  }
  if (run) yield run;
}
