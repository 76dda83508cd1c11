// `onlooker people import-photos`: a folder with a folder of photographs for each person, and of each photograph that is refused why.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnrollFlags } from '../commands/flags.js';
import type { Service } from '../commands/service.js';
import { ServerError } from '../errors.js';
import { isSystemName } from '../pictures/picture-kind.js';
import { isAboutRights } from '../refusal.js';
import { CommandError, PartlyFailed, UsageError } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { shown } from '../terminal/table.js';
import { enroll } from './enroll.js';

/** @throws PartlyFailed where something was refused · CommandError, ConnectionError, ServerError */
export async function importPhotos(service: Service, folder: string, flags: EnrollFlags, signal: AbortSignal): Promise<void> {
  const { folders, others } = await inside(folder);
  if (folders.length === 0)
    throw new CommandError(`${folder} holds no folders: each person's photographs lie in one of their name`);
  const output = createOutput();
  if (others.length > 0) output.note(`left out of ${shown(folder)}: ${others.length} files that lie in nobody's folder`);
  const incomplete: string[] = [];
  for (const name of folders) {
    try {
      await output.print(flags.json ? JSON.stringify({ status: 'person', name }) : shown(name));
      await enroll(service, name, [join(folder, name)], flags, signal);
    } catch (error) {
      if (!isOfOnePerson(error)) throw error;
      if (!(error instanceof PartlyFailed)) output.note(`onlooker: ${shown(`${name}: ${error.message}`)}`);
      incomplete.push(name);
    }
  }
  output.note(`${folders.length - incomplete.length} of ${folders.length} people are enrolled with all of their photographs`);
  if (incomplete.length > 0) throw new PartlyFailed();
}

/** What keeps nobody else from being tried. */
function isOfOnePerson(error: unknown): error is Error {
  if (error instanceof ServerError) return !isAboutRights(error);
  return error instanceof PartlyFailed || error instanceof CommandError || error instanceof UsageError;
}

async function inside(folder: string): Promise<{ readonly folders: readonly string[]; readonly others: readonly string[] }> {
  const names = await readdir(folder).catch(() => {
    throw new CommandError(`${folder} is no folder that can be read`);
  });
  const folders: string[] = [];
  const others: string[] = [];
  for (const name of names.filter((one) => !isSystemName(one)).sort()) {
    const info = await stat(join(folder, name)).catch(() => null);
    (info?.isDirectory() === true ? folders : others).push(name);
  }
  return { folders, others };
}
