// The folder of all that is kept. What is wrong with it is one sentence that names it and the setting.
import { access, constants } from 'node:fs/promises';
import { makeFolder } from '../models/make-folder.js';
import { systemCodeOf } from '../models/model-error.js';
import { StartError } from './start-error.js';

/** Makes it where it is not there. @throws StartError where it cannot be written */
export async function needDataFolder(folder: string): Promise<void> {
  try {
    makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** @param error of the file system; any other is given back as it is */
export function notWritable(folder: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  // Errors of our own have codes too.
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new StartError(`the data folder ${folder} cannot be written (${code}); ONLOOKER_DATA_DIR names another`, {
    cause: error,
  });
}
