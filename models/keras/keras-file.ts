// Opens a file of Keras in either of its forms: an HDF5 file that holds everything, or a .keras archive.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelSpec } from './architecture.js';
import { KerasFault } from './bad-model.js';
import { Hdf5File } from './hdf5.js';
import { unpackKeras } from './keras-archive.js';
import { weightsByName } from './weights-by-name.js';
import { weightsByPlace } from './weights-by-place.js';
import type { WeightSource } from './weights.js';

export interface KerasFile {
  /** The model's JSON. */
  readonly architecture: string;
  /** Of the Keras that saved it, as far as it says. */
  readonly version: string | undefined;
  readonly major: number;
  readonly weightsOf: (model: ModelSpec) => WeightSource;
  readonly close: () => void;
}

const ZIP = 'PK';

/**
 * @param folder where weights that are in an archive are unpacked to
 * @throws KerasFault
 */
export async function openKerasFile(path: string, folder: string): Promise<KerasFile> {
  return (await beginsWith(path, ZIP)) ? openArchive(path, folder) : openHdf5(path);
}

async function openHdf5(path: string): Promise<KerasFile> {
  const file = await Hdf5File.open(path);
  try {
    const architecture = file.text('/', 'model_config');
    if (architecture === undefined) throw new KerasFault('it holds no model_config: weights alone are not a model');
    const version = file.text('/', 'keras_version') ?? file.text('/model_weights', 'keras_version');
    return { architecture, version, major: majorOf(version, 2), weightsOf: () => weightsByName(file), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openArchive(path: string, folder: string): Promise<KerasFile> {
  const weights = join(folder, 'model.weights.h5');
  const { config, metadata } = await unpackKeras(path, weights);
  const version = versionIn(metadata);
  const major = majorOf(version, 3);
  const file = await Hdf5File.open(weights);
  return { architecture: config, version, major, weightsOf: (model) => weightsByPlace(file, model), close: () => file.close() };
}

const metadataSchema = z.looseObject({ keras_version: z.string() });

function versionIn(metadata: string | undefined): string | undefined {
  try {
    return metadata === undefined ? undefined : metadataSchema.safeParse(JSON.parse(metadata)).data?.keras_version;
  } catch (error) {
    throw new KerasFault('its metadata.json is no JSON', { cause: error });
  }
}

function majorOf(version: string | undefined, usual: number): number {
  const major = version === undefined ? usual : Number.parseInt(version, 10);
  if (major === 1)
    throw new KerasFault('it was saved by Keras 1, which wrote models down in another way; Keras 2 opens and saves it anew');
  return Number.isNaN(major) ? usual : major;
}

async function beginsWith(path: string, text: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(text.length), 0, text.length, 0);
    return buffer.subarray(0, bytesRead).toString('latin1') === text;
  } finally {
    await file.close();
  }
}
