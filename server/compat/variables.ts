// Variables of other services' environments: checked, with errors that name them.
import { z } from 'zod';
import { reasonOf } from '../../models/model-error.js';
import { filesOfFolder, modelFileAt, type ServedFiles } from '../../models/served/model-folders.js';
import { stat } from 'node:fs/promises';
import { ConfigError } from '../config.js';

/** An empty variable counts as one that is not there, as compose files leave them. */
const present = (env: NodeJS.ProcessEnv, name: string): string | undefined => {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
};

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** @throws ConfigError */
export function text(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return present(env, name);
}

/** @throws ConfigError that names the variable and what it may be */
export function integer(env: NodeJS.ProcessEnv, name: string, least: number, most: number): number | undefined {
  const value = present(env, name);
  if (value === undefined) return undefined;
  const parsed = whole(least, most).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
}

/** @throws ConfigError that names the variable and what it may be */
export function decimal(env: NodeJS.ProcessEnv, name: string, least: number, most: number): number | undefined {
  const value = present(env, name);
  if (value === undefined) return undefined;
  const parsed = z.coerce.number().min(least).max(most).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`${name} must be a number from ${least} to ${most}, not ${JSON.stringify(value)}`);
}

/**
 * The model that a variable names: a file (.onnx, .h5, .hdf5, .keras, also .gz and .zst), or a folder with one.
 * @param called what it is to be called in the service
 * @throws ConfigError
 */
export async function modelNamed(env: NodeJS.ProcessEnv, name: string, called: string): Promise<ServedFiles> {
  const path = present(env, name);
  if (path === undefined) throw new ConfigError(`${name} must name the model: a .onnx, .h5 or .keras file, or a folder with one`);
  try {
    if ((await stat(path)).isDirectory()) return await filesOfFolder(path, called, '1');
    return { name: called, version: '1', model: modelFileAt(path) };
  } catch (error) {
    throw new ConfigError(`${name}: ${reasonOf(error)}`);
  }
}

/** The file that a variable names; of its usual place only where there is one. @throws ConfigError */
export async function fileNamed(env: NodeJS.ProcessEnv, name: string, usual: string): Promise<string | undefined> {
  const named = present(env, name);
  const path = named ?? usual;
  const found = await stat(path).catch(() => null);
  if (found?.isFile() === true) return path;
  if (named === undefined) return undefined;
  throw new ConfigError(`${name}: there is no file ${path}`);
}

/** `ONLOOKER_` variables for those that have a value. */
export function ours(values: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
