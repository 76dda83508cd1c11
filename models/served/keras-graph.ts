// A Keras model as an ONNX graph in the cache, converted once. How is not known here: the converter is handed in.
import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fileState, moveIntoPlace, withWorkFolder } from '../cache.js';
import { sha256OfFile } from '../hash.js';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';

export interface KerasConverter {
  /** Raised whenever the same file would be converted to another graph. */
  readonly version: number;
  /** Reads the Keras file at `from`, whose name tells its kind, and writes an ONNX graph to `to`. */
  readonly convert: (from: string, to: string) => Promise<unknown>;
}

export interface KerasJob {
  readonly cacheDir: string;
  readonly path: string;
  /** As it was called before it came into the cache, such as `model.h5`. */
  readonly fileName: string;
  /** Of that file, which was just hashed. */
  readonly sha256: string;
  readonly label: string;
  readonly signal?: AbortSignal;
}

export interface ConvertedGraph {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

const recordSchema = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** @throws ModelError `BAD_MODEL` where it cannot be converted, `CACHE_UNUSABLE` or `ABORTED` */
export async function kerasGraph(job: KerasJob, converter: KerasConverter): Promise<ConvertedGraph> {
  const base = join(job.cacheDir, 'derived', `${job.sha256}-keras-v${converter.version}`);
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
    await convert(converter, named, graph, job.label);
    await writeFile(record, `${JSON.stringify({ sha256: await sha256OfFile(graph) })}\n`);
    await moveIntoPlace(graph, `${base}.onnx`);
    // Last, since it is what says that the graph is there.
    await moveIntoPlace(record, `${base}.json`);
    const converted = await keptGraph(base);
    if (converted === undefined)
      throw new ModelError('CACHE_UNUSABLE', `the graph of ${job.label} does not stay in ${job.cacheDir}`);
    return converted;
  });
}

async function convert(converter: KerasConverter, from: string, to: string, label: string): Promise<void> {
  try {
    await converter.convert(from, to);
    await stat(to);
  } catch (error) {
    if (error instanceof ModelError || ['ENOSPC', 'EDQUOT'].includes(systemCodeOf(error) ?? '')) throw error;
    throw new ModelError('BAD_MODEL', `${label} cannot be converted to ONNX: ${reasonOf(error)}`, { cause: error });
  }
}

async function keptGraph(base: string): Promise<ConvertedGraph | undefined> {
  const path = `${base}.onnx`;
  try {
    const record = recordSchema.safeParse(JSON.parse(await readFile(`${base}.json`, 'utf8'))).data;
    if (record === undefined || (await fileState(path, record.sha256)).state !== 'ok') return undefined;
    return { path, sha256: record.sha256, bytes: (await stat(path)).size };
  } catch (error) {
    // A record that is damaged is as good as none: the graph is made again.
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
