// Makes a folder for results, and those above it. Not with Node's own `recursive`, which never comes back below /proc (seen with Node 20).
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandError } from './failure.js';

/** Nothing happens where it is there. @throws CommandError */
export function makeFolder(path: string): void {
  try {
    makeBelow(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`the folder ${path} cannot be made (${code ?? 'unknown'})`, { cause: error });
  }
}

function makeBelow(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isFolder(path)) return;
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isFolder(above)) throw error;
    makeBelow(above);
    makeBelow(path);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
