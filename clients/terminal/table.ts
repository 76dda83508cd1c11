// Rows on stdout for people to read: columns that line up, colours on a terminal alone, and never a terminal's control
// characters out of a name or a file.
import { stripVTControlCharacters, styleText } from 'node:util';
import stringWidth from 'string-width';

export interface Column {
  readonly title: string;
  /** Least width in characters; a longer cell is shown whole and pushes the rest of its row. */
  readonly width: number;
  readonly alignRight?: boolean;
}
export type Style = 'green' | 'yellow' | 'red' | 'dim';

/** One row of a table whose rows come one by one. */
export function formatRow(columns: readonly Column[], cells: readonly string[]): string {
  return columns
    .map(({ width, alignRight }, i) => {
      const cell = cells[i] ?? '';
      const padding = ' '.repeat(Math.max(0, width - stringWidth(cell)));
      return alignRight ? padding + cell : cell + padding;
    })
    .join('  ')
    .trimEnd();
}

export function formatHeader(columns: readonly Column[]): string {
  return paint(
    'dim',
    formatRow(
      columns,
      columns.map((column) => column.title),
    ),
  );
}

/** A whole table: columns as wide as their widest cell. */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = titles.map((title, i) => ({
    title,
    width: Math.max(...[titles, ...rows].map((row) => stringWidth(row[i] ?? ''))),
  }));
  return [formatHeader(columns), ...rows.map((row) => formatRow(columns, row))].join('\n');
}

/** Colours, where stdout is a terminal that has them and NO_COLOR is not set. */
export function paint(style: Style, text: string): string {
  const stdout: { readonly isTTY?: boolean; hasColors?(): boolean } = process.stdout;
  return stdout.isTTY && stdout.hasColors?.() ? styleText(style, text) : text;
}

/** Text from outside, safe to show on a terminal: no control characters, none that turn the direction of writing. */
export function shown(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
