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
  const [head = []] = rows;
  const hasHeader = head.some((cell) => NAME_FIELDS.includes(cell.trim().toLowerCase()));
  const columns = hasHeader
    ? namedColumns(head, file)
    : { name: 0, id: undefined, list: undefined, numbers: head.map((_, at) => at).slice(1) };
  return rows.slice(hasHeader ? 1 : 0).map((row, index) => {
    const line = index + (hasHeader ? 2 : 1);
    const numbers = columns.list === undefined ? columns.numbers.map((at) => numberIn(row[at])) : listIn(row[columns.list] ?? '');
    if (numbers.length === 0 || numbers.some(Number.isNaN))
      throw unreadable(file, `line ${line} holds something that is no number`);
    const id = columns.id === undefined ? '' : (row[columns.id] ?? '').trim();
    return { name: nameOfIdentity(row[columns.name] ?? ''), externalId: id === '' ? null : id, numbers, place: `line ${line}` };
  });
}

function rowsOf(file: EmbeddingsFile): readonly (readonly string[])[] {
  try {
    return parse(file.bytes, { bom: true, skip_empty_lines: true, delimiter: [',', ';', '\t'] });
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
  // `0`, `e0`, `dim_0`, `embedding_0`, …
  const numbers = titles.flatMap((title, at) => (at !== name && at !== id && /^[a-z_ ]*\d+$/.test(title) ? [at] : []));
  if (list === undefined && numbers.length === 0) throw unreadable(file, 'no column holds an embedding');
  return { name, id, list, numbers };
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
