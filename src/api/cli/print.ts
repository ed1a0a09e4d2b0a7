import Table from 'cli-table3';

/** Characters that would do something to a terminal instead of being seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text from elsewhere, so that nothing in it is a command to a terminal. */
export const plain = (text: string): string =>
  text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** No lines between columns, two spaces. */
const BARE = {
  chars: Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
      .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
      .map((name) => [name, '']),
  ),
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
};

/** Rows below a head, each column as wide as its longest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ ...BARE, chars: { ...BARE.chars, middle: '  ' }, head: [...head] });
  drawn.push(...rows.map((row) => row.map(plain)));
  const lines = drawn.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Names and what they stand for. */
export const facts = (of: Readonly<Record<string, string | undefined>>): string => {
  const known = Object.entries(of).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}\n`).join('');
};

/** Items as JSON Lines, or as one table. */
export async function printItems<Item>(
  items: AsyncIterable<Item>,
  head: readonly string[],
  rowOf: (item: Item) => readonly string[],
  json: boolean | undefined,
): Promise<void> {
  const rows: (readonly string[])[] = [];
  for await (const item of items) {
    if (json) process.stdout.write(`${JSON.stringify(item)}\n`);
    else rows.push(rowOf(item));
  }
  if (!json) process.stdout.write(table(head, rows));
}
