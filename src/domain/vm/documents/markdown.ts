/** A table of cells, the head first. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** A page of docs/generated. */
export const page = (title: string, ...paragraphs: readonly string[]): string =>
  [`# ${title}`, 'Generated from the code by `npm run docs`; do not edit.', ...paragraphs].join('\n\n') + '\n';

/** Text as code. */
export const code = (text: string): string => (text === '' ? '' : `\`${text}\``);
