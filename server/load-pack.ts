// Brings the configured model pack into the cache and makes it ready, telling how that goes on.
import { preparePack } from '../models/pack.js';
import type { PreparedPack } from '../models/prepared.js';
import { progressTeller } from './fetch-progress.js';
import type { LoadingTime } from './loading-time.js';
import type { Logger } from './logger.js';
import type { Settings } from './settings.js';

/** The pack of a service without faces. */
const NO_PACK = 'none';

/**
 * @param options.mayLackAttributes whether a pack may be without some of what is to be told of faces
 * @returns null for a service without faces
 * @throws ModelError with one clear line; of code ABORTED when the signal says so
 */
export async function loadPack(
  { pack, attributes, modelsDir, offline }: Pick<Settings, 'pack' | 'attributes' | 'modelsDir' | 'offline'>,
  log: Logger,
  signal: AbortSignal,
  loading: LoadingTime,
  { mayLackAttributes = false } = {},
): Promise<PreparedPack | null> {
  if (pack === NO_PACK) return null;
  const progress = progressTeller(({ file, totalBytes }, percent) => log.info({ file, percent, totalBytes }, 'fetching models'));
  try {
    return await preparePack({
      pack,
      attributes,
      mayLackAttributes,
      cacheDir: modelsDir,
      offline,
      signal,
      onProgress: (told) => {
        loading.fetched(told);
        progress.tell(told);
      },
      onWarning: (line) => log.warn(line),
    });
  } finally {
    progress.close();
  }
}
