// The files that a user's PATHS mean: files as they are, folders as the pictures in them, in the order people count.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPictureName, isSystemName } from '../pictures/picture-kind.js';
import { isAppleDouble, kindOfFile } from '../pictures/read-picture.js';
import { CommandError } from '../terminal/failure.js';
import { shown } from '../terminal/table.js';

export interface ExpandedPaths {
  readonly files: readonly string[];
  /** One sentence for each folder that holds more than is taken. What systems put there, and nobody chose, is not told. */
  readonly leftOut: readonly string[];
}

/** @throws CommandError for a path that is not there, for a folder without pictures, and where nothing is left */
export async function expandPaths(paths: readonly string[]): Promise<ExpandedPaths> {
  const files: string[] = [];
  const leftOut: string[] = [];
  for (const path of paths) {
    const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
      throw new CommandError(
        isMissing ? `there is no file or folder ${path}` : `${path} cannot be read (${error.code ?? error.message})`,
      );
    });
    // Pipes and devices are read once, and may have no end.
    if (!info.isFile() && !info.isDirectory())
      throw new CommandError(`${path} is neither a file nor a folder: save it as a file first`);
    if (!info.isDirectory()) {
      // Given by a pattern of the shell or by `find`, not by somebody who wants it.
      if (!(await isAppleDouble(path))) files.push(path);
      continue;
    }
    const folder = await lookInto(path);
    if (folder.pictures.length === 0) throw new CommandError(`there are no pictures in ${path}${emptyFor(folder)}`);
    files.push(...folder.pictures);
    const rest = restOf(folder);
    if (rest !== '') leftOut.push(`left out of ${shown(path)}: ${rest}`);
  }
  if (files.length === 0) throw new CommandError('there are no pictures among these files');
  return { files, leftOut };
}

interface Folder {
  readonly pictures: readonly string[];
  readonly others: readonly string[];
  readonly folders: readonly string[];
}

async function lookInto(path: string): Promise<Folder> {
  const byNumberInName = new Intl.Collator('en', { numeric: true });
  const names = (await readdir(path)).filter((name) => !isSystemName(name)).sort(byNumberInName.compare);
  const pictures: string[] = [];
  const others: string[] = [];
  const folders: string[] = [];
  for (const name of names) {
    const file = join(path, name);
    const info = await stat(file).catch(() => undefined);
    if (info?.isDirectory() === true) folders.push(name);
    // A link that leads nowhere is told like a picture that is damaged; a pipe would keep whoever opens it waiting.
    else if (info === undefined ? isPictureName(name) : info.isFile() && (isPictureName(name) || (await isPicture(file))))
      pictures.push(file);
    else others.push(name);
  }
  return { pictures, others, folders };
}

async function isPicture(file: string): Promise<boolean> {
  return (await kindOfFile(file).catch(() => undefined)) !== undefined;
}

const MOST_NAMES = 3;

function restOf({ others, folders }: Folder): string {
  const of = (names: readonly string[], one: string, many: string) => {
    if (names.length === 0) return [];
    const named = names.slice(0, MOST_NAMES).map(shown).join(', ');
    return [`${names.length === 1 ? one : `${names.length} ${many}`} (${named}${names.length > MOST_NAMES ? ', …' : ''})`];
  };
  return [
    ...of(others, '1 file that is no picture', 'files that are no pictures'),
    ...of(folders, '1 folder, which is not opened', 'folders, which are not opened'),
  ].join(' and ');
}

function emptyFor(folder: Folder): string {
  const rest = restOf(folder);
  return rest === '' ? '' : `, only ${rest}`;
}
