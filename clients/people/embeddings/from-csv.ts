// Named embeddings out of a table: with a header that says which column is what, or a name and its numbers in each line.
import { CsvError, parse } from 'csv-parse/sync';
import { EMBEDDING_FIELDS, ID_FIELDS, NAME_FIELDS, nameOfIdentity, unreadable } from './named-embedding.js';
import type { EmbeddingsFile, NamedEmbedding } from './named-embedding.js';

interface Columns {
  readonly name: number;
  readonly id: number | undefined;
  /** One column that holds a list, or the columns of the numbers. */
  readonly list: number | undefined;
  readonly numbers: readonly number[];
}

/** @throws CommandError that names the line */
export function embeddingsInCsv(file: EmbeddingsFile): NamedEmbedding[] {
  const rows = rowsOf(file);
  const head = rows[0]?.cells ?? [];
  const hasHeader = head.some((cell) => NAME_FIELDS.includes(cell.trim().toLowerCase()));
  const columns = hasHeader
    ? namedColumns(head, file)
    : { name: 0, id: undefined, list: undefined, numbers: head.map((_, at) => at).slice(1) };
  if (rows.length === (hasHeader ? 1 : 0)) throw unreadable(file, 'it holds no lines');
  return rows.slice(hasHeader ? 1 : 0).map(({ cells: row, line }) => {
    const numbers = columns.list === undefined ? columns.numbers.map((at) => numberIn(row[at])) : listIn(row[columns.list] ?? '');
    if (numbers.length === 0 || numbers.some(Number.isNaN))
      throw unreadable(file, `line ${line} holds something that is no number`);
    const id = columns.id === undefined ? '' : (row[columns.id] ?? '').trim();
    return { name: nameOfIdentity(row[columns.name] ?? ''), externalId: id === '' ? null : id, numbers, place: `line ${line}` };
  });
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

function rowsOf(file: EmbeddingsFile): readonly Row[] {
  // Names hold commas, and numbers of some countries too: one kind of them parts the cells of a file.
  const [first = ''] = file.bytes.subarray(0, 4096).toString('utf8').split('\n');
  const delimiter = ['\t', ';', ','].find((one) => first.includes(one)) ?? ',';
  try {
    const rows = parse(file.bytes, { bom: true, skip_empty_lines: true, delimiter, info: true }) as unknown as readonly {
      record: readonly string[];
      info: { lines: number };
    }[];
    return rows.map(({ record: cells, info: { lines: line } }) => ({ cells, line }));
  } catch (error) {
    if (error instanceof CsvError) throw unreadable(file, error.message);
    throw error;
  }
}

function namedColumns(head: readonly string[], file: EmbeddingsFile): Columns {
  const titles = head.map((cell) => cell.trim().toLowerCase());
  const find = (names: readonly string[]): number | undefined => {
    const at = titles.findIndex((title) => names.includes(title));
    return at < 0 ? undefined : at;
  };
  const name = find(NAME_FIELDS);
  if (name === undefined) throw unreadable(file, `no column is called ${NAME_FIELDS.join(', ')}`);
  const id = find(ID_FIELDS);
  const list = find(EMBEDDING_FIELDS);
  if (list !== undefined) return { name, id, list, numbers: [] };
  return { name, id, list, numbers: numbered(titles, file) };
}

/** The columns `0`, `1`, … or `e0`, `e1`, … in the order of their numbers, wherever they stand. */
function numbered(titles: readonly string[], file: EmbeddingsFile): readonly number[] {
  const found = titles.flatMap((title, at) => {
    const [, prefix, number] = /^([a-z_ ]*)(\d+)$/.exec(title) ?? [];
    return number === undefined ? [] : [{ prefix, number: Number(number), at }];
  });
  const [first] = found.sort((a, b) => a.number - b.number);
  if (first === undefined) throw unreadable(file, 'no column holds an embedding');
  const isWhole = found.every(({ prefix, number }, index) => prefix === first.prefix && number === first.number + index);
  if (!isWhole || first.number > 1) throw unreadable(file, 'its numbered columns are not one sequence from 0 or 1 on');
  return found.map(({ at }) => at);
}

function numberIn(cell: string | undefined): number {
  const text = cell?.trim() ?? '';
  return text === '' ? NaN : Number(text);
}

/** `[0.1, 0.2]`, `0.1 0.2`, `0.1;0.2`. */
function listIn(cell: string): number[] {
  return cell
    .replace(/^\s*[[(]|[\])]\s*$/g, '')
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(numberIn);
}
