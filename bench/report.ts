// What a benchmark leaves behind: tables on stdout, a file in bench/results/ and charts in docs/images/bench/, under names
// that stay the same, so that a rerun replaces them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { machine } from './machine.js';

// Benchmarks run compiled, from dist/bench/; their results belong to the repository.
const RESULTS = new URL('../../bench/results/', import.meta.url);
const CHARTS = new URL('../../docs/images/bench/', import.meta.url);

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Something that goes on meanwhile; kept off stdout, so that a report can be piped. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** First column text, all others figures. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  print(`\n${title}\n${table.toString()}`);
}

/** A table as docs/performance.md has it, to be copied there. */
export function printForDocs(head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(`\nfor docs/performance.md:\n\n${markdownTable(head, rows)}`);
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** A figure with as many decimals as its size deserves; `-` where there is none. */
export function figure(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '-';
  return value.toFixed(digits ?? (Math.abs(value) < 10 ? 2 : 1));
}

/** For a table: whether a demand is met. */
export function yesOrNo(is: boolean): string {
  return is ? 'yes' : 'NO';
}

/**
 * @param name of the file, without ending
 * @param settings what was asked for
 * @param figures all that was measured
 */
export async function writeResult(name: string, settings: object, figures: object): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const file = new URL(`${name}.json`, RESULTS);
  await writeFile(file, `${JSON.stringify({ name, ...machine(), settings, ...figures }, rounded, 1)}\n`);
  note(`\nwritten to ${fileURLToPath(file)}`);
}

/** @param name of the file, without ending @param svg as of chart.ts */
export async function writeChart(name: string, svg: string): Promise<void> {
  await mkdir(CHARTS, { recursive: true });
  const file = new URL(`${name}.svg`, CHARTS);
  await writeFile(file, svg);
  note(`written to ${fileURLToPath(file)}`);
}

/** What an earlier run wrote under that name; null when there is nothing, or nothing that can be read. */
export async function earlierResult(name: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    return JSON.parse(await readFile(new URL(`${name}.json`, RESULTS), 'utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Nobody reads the tenth digit of a millisecond, and diffs of results should be short. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
