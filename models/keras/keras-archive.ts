// A .keras file: a zip of `config.json`, `metadata.json` and `model.weights.h5`. Only these are taken out, each to a place that this
// file chooses; sizes are checked before and, by the zip reader, while they are unpacked.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { KerasFault } from './bad-model.js';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';
/** More than anybody's architecture: that of the largest net of keras.applications is of 1 MB. */
const MOST_JSON_BYTES = 64 << 20;
const MOST_WEIGHT_BYTES = 8 * 2 ** 30;
/** Keras stores weights as they are, and deflate takes a tenth off them. One that was made to fill a disk has 1000. */
const MOST_DEFLATION = 100;
const MOST_ENTRIES = 10_000;

export interface UnpackedArchive {
  readonly config: string;
  readonly metadata: string | undefined;
}

/**
 * Takes a .keras file apart.
 * @param weightsTo where its weights are written to
 * @throws KerasFault
 */
export async function unpackKeras(path: string, weightsTo: string): Promise<UnpackedArchive> {
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: true }).catch((error: unknown) => {
    throw new KerasFault(`it is no zip archive: ${error instanceof Error ? error.message : String(error)}`);
  });
  try {
    const entries = await entriesOf(zip);
    const config = entries.get(CONFIG);
    const weights = entries.get(WEIGHTS);
    if (!config || !weights) throw new KerasFault(`its archive has no ${config ? WEIGHTS : CONFIG}`);
    const metadata = entries.get(METADATA);
    const texts = {
      config: await textOf(zip, config),
      metadata: metadata && (await textOf(zip, metadata)),
    };
    if (weights.uncompressedSize > Math.min(MOST_WEIGHT_BYTES, weights.compressedSize * MOST_DEFLATION))
      throw new KerasFault(`its ${WEIGHTS} unpacks to ${weights.uncompressedSize} bytes, which weights do not`);
    await pipeline(await zip.openReadStreamPromise(weights), createWriteStream(weightsTo, { flags: 'wx' }));
    return texts;
  } catch (error) {
    if (error instanceof KerasFault) throw error;
    throw new KerasFault(`its archive cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    zip.close();
  }
}

/** The reader refuses names that lead out of the archive. */
async function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > MOST_ENTRIES) throw new KerasFault(`its archive has ${zip.entryCount} files, which a model has not`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    // Two readers would take two different ones of them.
    if (entries.has(entry.fileName)) throw new KerasFault(`its archive has ${entry.fileName} twice`);
    entries.set(entry.fileName, entry);
  }
  return entries;
}

async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MOST_JSON_BYTES)
    throw new KerasFault(`its ${entry.fileName} is of ${entry.uncompressedSize} bytes`);
  return (await buffer(await zip.openReadStreamPromise(entry))).toString('utf8');
}
