// A Keras model as an ONNX graph in the cache, converted once. How is not known here: the converter is handed in.
import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fileState, moveIntoPlace, withWorkFolder } from '../cache.js';
import { sha256OfFile } from '../hash.js';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { isFullDisk } from '../sources/full-disk.js';

export interface KerasSize {
  /** Of the pictures, where the model leaves them free. */
  readonly width?: number;
  readonly height?: number;
}

export interface KerasConverter {
  /** Raised whenever the same file would be converted to another graph. */
  readonly version: number;
  /** Reads the Keras file at `from`, whose name tells its kind, and writes an ONNX graph to `to`. */
  readonly convert: (
    from: string,
    to: string,
    options: KerasSize & { readonly signal?: AbortSignal },
  ) => Promise<{
    /** What the model itself does to its input first. */
    readonly preprocessing: readonly unknown[];
  }>;
}

export interface KerasJob {
  readonly cacheDir: string;
  readonly path: string;
  /** As it was called before it came into the cache, such as `model.h5`. */
  readonly fileName: string;
  /** Of that file, which was just hashed. */
  readonly sha256: string;
  readonly size: KerasSize;
  readonly label: string;
  readonly signal?: AbortSignal;
}

export interface ConvertedGraph {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Whether the network scales its input for itself. */
  readonly scalesItself: boolean;
}

const recordSchema = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), scalesItself: z.boolean() });

/** @throws ModelError `BAD_MODEL` where it cannot be converted, `CACHE_UNUSABLE` or `ABORTED` */
export async function kerasGraph(job: KerasJob, converter: KerasConverter): Promise<ConvertedGraph> {
  const { width = 'any', height = 'any' } = job.size;
  const base = join(job.cacheDir, 'derived', `${job.sha256}-keras-${width}x${height}-v${converter.version}`);
  const kept = await keptGraph(base);
  if (kept !== undefined) return kept;
  return withWorkFolder(job.cacheDir, `keras-${job.sha256}`, job.signal, async (folder) => {
    const made = await keptGraph(base);
    if (made !== undefined) return made;
    const named = join(folder, job.fileName);
    const graph = join(folder, 'graph');
    const record = join(folder, 'record');
    // What an interrupted conversion left may be anything.
    await Promise.all([named, graph].map((path) => rm(path, { force: true })));
    await symlink(job.path, named);
    const { preprocessing } = await convert(converter, named, graph, job);
    await writeFile(record, `${JSON.stringify({ sha256: await sha256OfFile(graph), scalesItself: preprocessing.length > 0 })}\n`);
    await moveIntoPlace(graph, `${base}.onnx`);
    // Last, since it is what says that the graph is there.
    await moveIntoPlace(record, `${base}.json`);
    const converted = await keptGraph(base);
    if (converted === undefined)
      throw new ModelError('CACHE_UNUSABLE', `the graph of ${job.label} does not stay in ${job.cacheDir}`);
    return converted;
  });
}

async function convert(
  converter: KerasConverter,
  from: string,
  to: string,
  job: KerasJob,
): ReturnType<KerasConverter['convert']> {
  const { size, label, signal } = job;
  try {
    const converted = await converter.convert(from, to, { ...size, ...(signal ? { signal } : {}) });
    await stat(to);
    return converted;
  } catch (error) {
    if (isFullDisk(error)) throw error;
    if (error instanceof ModelError) throw new ModelError(error.code, `${label}: ${error.message}`, { cause: error });
    throw new ModelError('BAD_MODEL', `${label} cannot be converted to ONNX: ${reasonOf(error)}`, { cause: error });
  }
}

async function keptGraph(base: string): Promise<ConvertedGraph | undefined> {
  const path = `${base}.onnx`;
  try {
    const record = recordSchema.safeParse(JSON.parse(await readFile(`${base}.json`, 'utf8'))).data;
    if (record === undefined || (await fileState(path, record.sha256)).state !== 'ok') return undefined;
    return { path, ...record, bytes: (await stat(path)).size };
  } catch (error) {
    // A record that is damaged is as good as none: the graph is made again.
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
