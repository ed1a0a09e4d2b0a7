import { once } from 'node:events';
import { StreamableFile } from '@nestjs/common';
import { CSV, JSON_LINES, JSON_TYPE } from '../../../src/api/http/accept.js';
import type { Exchange } from '../../../src/api/http/http.js';
import { type Row, type Table, answerTable } from '../../../src/api/http/table.js';

async function* rows(count: number, fields: (i: number) => Row): AsyncGenerator<Row> {
  for (let i = 0; i < count; i++) yield Promise.resolve(fields(i));
}

const table = (items: AsyncGenerator<Row>, limit?: number): Table<Row, Row> => ({
  items,
  limit,
  show: (row) => row,
  columns: ['a', 'b'].map((name) => ({ name, of: (row) => row[name] })),
  keyOf: (_, index) => String(index),
});

const headers = new Map<string, string>();
const exchange = (accept?: string): Exchange => {
  const reply = { header: (name: string, value: string) => (headers.set(name, value), reply) };
  return { request: { id: '', method: 'GET', url: '/', headers: { accept } }, reply: reply as never };
};

async function textOf(answer: unknown): Promise<string> {
  if (!(answer instanceof StreamableFile)) throw new Error('it is no stream');
  const pieces: Buffer[] = [];
  for await (const piece of answer.getStream()) pieces.push(Buffer.from(piece as string));
  return Buffer.concat(pieces).toString();
}

describe('a table', () => {
  it.each<[what: string, fields: Row, line: string]>([
    ['numbers and text', { a: 1, b: 'x' }, '1,x'],
    ['what is not there', { a: null }, ','],
    ['commas', { a: 'x,y', b: 'z' }, '"x,y",z'],
    ['quotes', { a: 'say "hi"' }, '"say ""hi""",'],
    ['line ends', { a: 'x\r\ny' }, '"x\r\ny",'],
    ['lists', { a: [1, 'x'] }, '"[1,""x""]",'],
    ['truth', { a: true, b: false }, 'true,false'],
    ['a formula', { a: '=HYPERLINK("x")', b: '+1' }, `"'=HYPERLINK(""x"")",'+1`],
    ['more formulas', { a: '@SUM(1)', b: '-1' }, `'@SUM(1),'-1`],
    ['a tab that begins one', { a: '\t=1' }, `'\t=1,`],
    ['a number below zero, which is none', { a: -14 }, '-14,'],
  ])('in CSV has %s', async (_what, fields, line) => {
    const answer = await answerTable(exchange(CSV), table(rows(1, () => fields)));
    expect(await textOf(answer)).toBe(`a,b\r\n${line}\r\n`);
  });

  it.each([CSV, JSON_LINES])('as %s is whole, however long it is', async (form) => {
    const text = await textOf(await answerTable(exchange(form), table(rows(50_000, (a) => ({ a })))));
    expect(text.split('\n').length).toBe(50_000 + (form === CSV ? 2 : 1));
  });

  it('is asked for as the client reads, and no more once it has left', async () => {
    let made = 0;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const endless = async function* (): AsyncGenerator<Row> {
      try {
        for (;;) yield Promise.resolve({ a: ++made });
      } finally {
        leave();
      }
    };
    const answer = (await answerTable(exchange(JSON_LINES), table(endless()))) as StreamableFile;
    const stream = answer.getStream();
    await once(stream, 'readable');
    const most = made;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made).toBeLessThan(most + 50_000);
    stream.destroy();
    await left;
  });

  it('fails before anything is sent, if it fails at once', async () => {
    const broken = async function* (): AsyncGenerator<Row> {
      await Promise.reject(new Error('no'));
      yield {};
    };
    for (const form of [JSON_TYPE, CSV, JSON_LINES])
      await expect(answerTable(exchange(form), table(broken()))).rejects.toThrow('no');
  });

  it('in JSON is a page', async () => {
    const page = (count: number, limit?: number) =>
      answerTable(
        exchange(),
        table(
          rows(count, (a) => ({ a })),
          limit,
        ),
      );
    expect(await page(2)).toEqual({ items: [{ a: 0 }, { a: 1 }] });
    expect(await page(3, 2)).toEqual({ items: [{ a: 0 }, { a: 1 }], nextCursor: expect.any(String) as unknown });
    expect(((await page(500)) as { items: object[] }).items.length).toBe(100);
  });
});
