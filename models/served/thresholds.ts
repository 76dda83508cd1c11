// Reads thresholds.csv: what each class's scores were like on a validation set. Pure.
import { CsvError, parse } from 'csv-parse/sync';
import { ModelError } from '../model-error.js';
import type { ClassThresholds } from '../decisions/threshold-rule.js';

const NUMBERS = ['top1_minval', 'top1_maxval', 'top2_minval', 'top2_maxval', 'correct_percentage'] as const;
const COLUMNS = ['classname', ...NUMBERS] as const;
/** How many unknown classes a message names. */
const NAMED = 5;

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * The rows by class. Columns may come in any order, and further ones are passed over. What is no number counts as -1, which is
 * below every score.
 * @param path told in errors
 * @throws ModelError `BAD_MANIFEST` that names the line, or the classes that are not among `classes`
 */
export function parseThresholds(text: string, path: string, classes: readonly string[]): Record<string, ClassThresholds> {
  const rows = rowsOf(text, path);
  const known = new Set(classes);
  const unknown: string[] = [];
  // Without a prototype: a class may be called anything.
  const found = Object.create(null) as Record<string, ClassThresholds>;
  for (const { record, info } of rows) {
    const label = record['classname'] ?? '';
    if (label === '') throw new ModelError('BAD_MANIFEST', `${path}, line ${info.lines}: classname is empty`);
    if (Object.hasOwn(found, label)) {
      throw new ModelError('BAD_MANIFEST', `${path}, line ${info.lines}: the class "${label}" has a line already`);
    }
    if (!known.has(label)) unknown.push(label);
    const [top1Min, top1Max, top2Min, top2Max, correct] = NUMBERS.map((column) => numberOf(record[column] ?? ''));
    found[label] = {
      top1Min: top1Min ?? -1,
      top1Max: top1Max ?? -1,
      top2Min: top2Min ?? -1,
      top2Max: top2Max ?? -1,
      correct: correct ?? -1,
    };
  }
  if (unknown.length > 0) {
    const named = unknown.slice(0, NAMED).map((label) => `"${label}"`);
    const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : '';
    throw new ModelError(
      'BAD_MANIFEST',
      `${path} has thresholds for classes that the model does not have: ${named.join(', ')}${more}`,
    );
  }
  return found;
}

function rowsOf(text: string, path: string): Row[] {
  if (text.replace(/^\uFEFF/, '').trim() === '') throw new ModelError('BAD_MANIFEST', `${path}, line 1: the file is empty`);
  try {
    return parse(text, {
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      columns: (header: string[]) => {
        const missing = COLUMNS.filter((column) => !header.includes(column));
        if (missing.length > 0) throw new ModelError('BAD_MANIFEST', `${path}, line 1: no column ${missing.join(', ')}`);
        const twice = COLUMNS.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
        if (twice !== undefined) throw new ModelError('BAD_MANIFEST', `${path}, line 1: the column ${twice} is there twice`);
        return header;
      },
    }) as unknown as Row[];
  } catch (error) {
    if (error instanceof ModelError || !(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    const reason = error.message.replace(/ (on|at) line \d+$/, '');
    throw new ModelError('BAD_MANIFEST', `${path}, line ${line}: ${reason}`, { cause: error });
  }
}

function numberOf(text: string): number {
  // Number() takes more than that for numbers: an empty text, hexadecimal.
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : -1;
}
