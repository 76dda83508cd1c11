// Reads the models that lie in folders (ONLOOKER_MODEL_DIR): the newest version of each. What cannot be read is told and left out:
// one broken folder keeps neither the others nor faces from being served.
import { reasonOf } from '../models/model-error.js';
import { LATEST, listModels, modelFiles } from '../models/served/model-folders.js';
import { readServedModel, type ReadServedOptions } from '../models/served/read-served-model.js';
import type { ServedModel } from '../models/served/served-model.js';
import type { Logger } from './logger.js';
import type { Settings } from './settings.js';

/** Raised whenever a Keras file would be converted to another graph than before. */
const KERAS_CONVERTER_VERSION = 1;

/** Loaded when a Keras file is there: most services never see one. */
const keras: ReadServedOptions['keras'] = {
  version: KERAS_CONVERTER_VERSION,
  convert: async (from, to) => (await import('../models/keras/convert-keras.js')).convertKeras(from, to),
};

/** @returns by name @throws what the signal was aborted with */
export async function loadServedModels(
  { modelDir, modelsDir: cacheDir }: Pick<Settings, 'modelDir' | 'modelsDir'>,
  log: Logger,
  signal: AbortSignal,
): Promise<readonly ServedModel[]> {
  if (modelDir === undefined) return [];
  const onWarning = (line: string): void => log.warn(line);
  const models: ServedModel[] = [];
  for (const { name } of await listed(modelDir, log, onWarning)) {
    try {
      const files = await modelFiles(modelDir, name, LATEST);
      models.push(await readServedModel(files, { cacheDir, keras, onWarning, signal }));
    } catch (error) {
      signal.throwIfAborted();
      log.error(`the model ${name} is not served: ${reasonOf(error)}`);
    }
  }
  return models;
}

async function listed(root: string, log: Logger, onWarning: (line: string) => void) {
  try {
    return await listModels(root, onWarning);
  } catch (error) {
    log.error(`no models are served from folders: ${reasonOf(error)}`);
    return [];
  }
}
