import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { Json } from '../../domain/digester.js';
import { CSV, JSON_LINES, JSON_TYPE, accepted } from './accept.js';
import { PAGE_DEFAULT, type Page, pageOf } from './cursor.js';
import type { Exchange } from './http.js';

/** The forms that a table can be had in. */
export const TABLE_FORMS = [JSON_TYPE, CSV, JSON_LINES] as const;

/** A row as it is answered in JSON. */
export type Row = Readonly<Record<string, Json | undefined>>;

/** A column of the CSV form: its name, and what of a row stands there. */
export interface Column<Item extends Row> {
  readonly name: string;
  readonly of: (row: Item) => Json | undefined;
}

/** What a table is made of. */
export interface Table<Item, Shown extends Row> {
  readonly items: AsyncGenerator<Item>;
  /** Most items; in JSON `PAGE_DEFAULT` if absent, else all. */
  readonly limit: number | undefined;
  readonly show: (item: Item) => Shown;
  readonly columns: readonly Column<Shown>[];
  /** Where the next page begins after an item. */
  readonly keyOf: (item: Item, index: number) => string;
  /** What the JSON form has beside the page. */
  readonly more?: Row;
}

/** Characters after which a piece of a stream is long enough. */
const PIECE = 32 * 1024;

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A field of CSV (RFC 4180, section 2). Text that a spreadsheet would take for a formula has an apostrophe before it; numbers have not.
 */
function csvField(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const text = typeof value === 'string' && FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvLine = (fields: readonly (Json | undefined)[]): string => `${fields.map(csvField).join(',')}\r\n`;

/** At most so many of the items. */
async function* first<Item>(items: AsyncGenerator<Item>, count: number): AsyncGenerator<Item> {
  let left = count;
  if (left <= 0) return;
  for await (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}

/** A table as text, line by line, in pieces that are worth being sent. */
async function* pieces<Item, Shown extends Row>(
  { items, limit = Infinity, show, columns }: Table<Item, Shown>,
  form: typeof CSV | typeof JSON_LINES,
): AsyncGenerator<string> {
  const line = (row: Shown): string =>
    form === CSV ? csvLine(columns.map(({ of }) => of(row))) : `${JSON.stringify(row)}\n`;
  let text = form === CSV ? csvLine(columns.map(({ name }) => name)) : '';
  for await (const item of first(items, limit)) {
    text += line(show(item));
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** The pieces again, once there is the first of them: what fails before that is a problem and not a broken stream. */
async function begun(all: AsyncGenerator<string>): Promise<AsyncGenerator<string>> {
  const head = await all.next();
  return (async function* () {
    try {
      if (head.done !== true) yield head.value;
      yield* all;
    } finally {
      // Whoever leaves at the first piece leaves the others too.
      await all.return(undefined);
    }
  })();
}

/** The first items as a page. */
async function page<Item, Shown extends Row>(table: Table<Item, Shown>): Promise<Page<Shown> & Row> {
  const { items, limit = PAGE_DEFAULT, show, keyOf, more } = table;
  const found: { readonly item: Item; readonly key: string }[] = [];
  for await (const item of first(items, limit + 1)) found.push({ item, key: keyOf(item, found.length) });
  const { items: shown, ...rest } = pageOf(found, limit, ({ key }) => key);
  return { items: shown.map(({ item }) => show(item)), ...rest, ...more };
}

/**
 * Answers a table in the form that the request accepts: a page in JSON, or everything in CSV or JSON Lines, as fast as the client reads.
 *
 * @throws RequestProblem
 */
export async function answerTable<Item, Shown extends Row>(
  { request, reply }: Exchange,
  table: Table<Item, Shown>,
): Promise<StreamableFile | (Page<Shown> & Row)> {
  const form = accepted(request, TABLE_FORMS);
  if (form === JSON_TYPE) return page(table);
  const text = await begun(pieces(table, form));
  reply.header('content-type', form === CSV ? `${CSV}; charset=utf-8; header=present` : JSON_LINES);
  return new StreamableFile(Readable.from(text, { objectMode: false }));
}
