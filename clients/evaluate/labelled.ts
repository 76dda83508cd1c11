// What an evaluation is given: pictures of which it is known what, or whom, they show.
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { isPictureName, isSystemName } from '../pictures/picture-kind.js';
import { CommandError } from '../terminal/failure.js';

export interface Labelled {
  readonly file: string;
  readonly label: string;
}
export interface LabelledPair {
  readonly files: readonly [string, string];
  readonly isSame: boolean;
}

const SAME = new Set(['yes', 'true', '1', 'same', 'y']);
const OTHER = new Set(['no', 'false', '0', 'different', 'other', 'n']);

/** A folder with a folder for each label, or a table of files and labels, whose paths start at its own folder. @throws CommandError */
export async function labelledPictures(path: string): Promise<readonly Labelled[]> {
  const found = (await isFolder(path)) ? await inFolders(path) : await inTable(path);
  if (found.length === 0)
    throw new CommandError(`${path} holds no pictures with labels: <label>/<picture>, or a .csv of file,label`);
  return found;
}

/** A table of two files and whether they show one person. @throws CommandError that names the line */
export async function labelledPairs(path: string): Promise<readonly LabelledPair[]> {
  const rows = await rowsOf(path);
  const pairs = rows.flatMap(([one = '', other = '', said = ''], index): LabelledPair[] => {
    const word = said.trim().toLowerCase();
    if (!SAME.has(word) && !OTHER.has(word)) {
      if (index === 0) return [];
      throw new CommandError(`${path}: line ${index + 1} says neither yes nor no`);
    }
    return [{ files: [besides(path, one), besides(path, other)], isSame: SAME.has(word) }];
  });
  if (pairs.length === 0) throw new CommandError(`${path} holds no pairs: file,file,yes or no`);
  return pairs;
}

async function inFolders(path: string): Promise<Labelled[]> {
  const found: Labelled[] = [];
  const folders = (await readdir(path, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && !isSystemName(entry.name),
  );
  for (const { name: label } of folders) {
    const files = (await readdir(join(path, label))).filter((name) => !isSystemName(name) && isPictureName(name)).sort();
    found.push(...files.map((name) => ({ file: join(path, label, name), label })));
  }
  return found;
}

async function inTable(path: string): Promise<Labelled[]> {
  const rows = await rowsOf(path);
  const [[first = ''] = []] = rows;
  return rows.slice(/^(file|path|image|filename)$/i.test(first.trim()) ? 1 : 0).map(([file = '', label = ''], index) => {
    if (label.trim() === '') throw new CommandError(`${path}: line ${index + 1} has no label`);
    return { file: besides(path, file), label: label.trim() };
  });
}

async function rowsOf(path: string): Promise<readonly (readonly string[])[]> {
  try {
    return parse(await readFile(path), { bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    if (error instanceof CsvError) throw new CommandError(`${path}: ${error.message}`);
    throw new CommandError(`${path} is no file that can be read`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw new CommandError(`there is no file or folder ${path}`);
  return info.isDirectory();
}

const besides = (table: string, file: string): string => resolve(dirname(table), file.trim());
