// `onlooker people import-photos`: a folder with a folder of photographs for each person, and of each photograph that is refused why.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnrollFlags } from '../commands/flags.js';
import type { Service } from '../commands/service.js';
import { CommandError, PartlyFailed } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { enroll } from './enroll.js';

/** @throws PartlyFailed where something was refused · CommandError, ConnectionError, ServerError */
export async function importPhotos(service: Service, folder: string, flags: EnrollFlags, signal: AbortSignal): Promise<void> {
  const names = await foldersIn(folder);
  if (names.length === 0)
    throw new CommandError(`${folder} holds no folders: each person's photographs lie in one of their name`);
  const output = createOutput();
  const incomplete: string[] = [];
  for (const name of names) {
    try {
      if (!flags.json) await output.print(name);
      await enroll(service, name, [join(folder, name)], flags, signal);
    } catch (error) {
      if (!(error instanceof PartlyFailed || error instanceof CommandError)) throw error;
      if (error instanceof CommandError) output.note(`onlooker: ${name}: ${error.message}`);
      incomplete.push(name);
    }
  }
  output.note(`${names.length - incomplete.length} of ${names.length} people are enrolled with all of their photographs`);
  if (incomplete.length > 0) throw new PartlyFailed();
}

/** Hidden ones are none: systems put folders of their own beside photographs. */
async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !/^[._@]/.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    throw new CommandError(`${folder} is no folder that can be read`);
  }
}
