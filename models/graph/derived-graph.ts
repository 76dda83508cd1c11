// The graph that really runs: rewritten and checked once, kept in the cache beside a record of the check. At a start with
// a filled cache only its hash is taken; neither the graph nor the runtime is loaded.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fileState, moveIntoPlace, withWorkFolder, type FileState } from '../cache.js';
import type { Outputs } from '../family.js';
import { sha256OfBytes } from '../hash.js';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import type { TensorInput } from '../tensor-input.js';
import { checkAgainstOriginal } from './check.js';
import { REWRITES, REWRITE_VERSION, rewrite } from './rewrites.js';

const recordSchema = z.strictObject({
  original: z.string(),
  sha256: z.string(),
  rewrites: z.array(z.string()),
  inputName: z.string(),
  outputs: z.record(z.string(), z.array(z.number())),
  largestDifference: z.number(),
  leastCosine: z.number(),
});
/** What is kept of the check; `outputs` are the sizes of one item. */
export type DerivedRecord = Readonly<z.infer<typeof recordSchema>>;

export interface DerivedGraph {
  readonly path: string;
  readonly record: DerivedRecord;
}

export interface DerivedSpec {
  readonly cacheDir: string;
  /** sha256 of the original, which was just seen to be right. */
  readonly sha256: string;
  /** Where the original lies. */
  readonly originalPath: string;
  readonly input: TensorInput;
  /** What people know the model as. */
  readonly label: string;
  /** Reads the outputs of a batch as they will be read; throws where they are of another network than is expected. */
  readonly tryReading?: (outputs: Outputs, batch: number) => void;
}

/**
 * The rewritten graph of a model, made and checked if the cache does not hold it whole.
 * @throws ModelError `BAD_MODEL`, `CACHE_UNUSABLE` or `ABORTED`
 */
export async function derivedGraph(spec: DerivedSpec, signal?: AbortSignal): Promise<DerivedGraph> {
  const key = keyOf(spec);
  const kept = await keptGraph(spec, key);
  if (kept) return kept;
  return withWorkFolder(spec.cacheDir, key, signal, async (folder) => (await keptGraph(spec, key)) ?? derive(spec, key, folder));
}

/** Whether a model's rewritten graph lies whole in the cache. @throws ModelError `CACHE_UNUSABLE` */
export async function derivedState(spec: DerivedSpec): Promise<{ readonly path: string } & FileState> {
  const key = keyOf(spec);
  const record = await readRecord(spec.cacheDir, key);
  const path = pathOf(spec, key, record);
  return { path, ...(record ? await fileState(path, record.sha256) : { state: 'missing' }) };
}

function keyOf({ sha256, input }: DerivedSpec): string {
  // The size is part of it, since a graph is checked at the size that it is run at.
  return `${sha256}-${input.width}x${input.height}-v${REWRITE_VERSION}`;
}

/** A graph that no rewrite has changed is not kept twice. */
function pathOf(spec: DerivedSpec, key: string, record: DerivedRecord | undefined): string {
  return record?.sha256 === spec.sha256 ? spec.originalPath : join(spec.cacheDir, 'derived', `${key}.onnx`);
}

async function keptGraph(spec: DerivedSpec, key: string): Promise<DerivedGraph | undefined> {
  const record = await readRecord(spec.cacheDir, key);
  const path = pathOf(spec, key, record);
  return record && (await fileState(path, record.sha256)).state === 'ok' ? { path, record } : undefined;
}

async function readRecord(cacheDir: string, key: string): Promise<DerivedRecord | undefined> {
  const path = join(cacheDir, 'derived', `${key}.json`);
  try {
    // One that is damaged is as good as none: it is made again.
    return recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw new ModelError('CACHE_UNUSABLE', `the model cache's ${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function derive(spec: DerivedSpec, key: string, folder: string): Promise<DerivedGraph> {
  const { cacheDir, sha256, input, label } = spec;
  const original = await readFile(spec.originalPath);
  const { bytes, applied } = rewrite(original, REWRITES, label);
  const result = await checkAgainstOriginal(original, bytes, input, label);
  spec.tryReading?.(result.outputs, result.batch);
  const record: DerivedRecord = {
    original: sha256,
    sha256: sha256OfBytes(bytes),
    rewrites: [...applied],
    inputName: result.inputName,
    outputs: Object.fromEntries(Object.entries(result.outputs).map(([name, { dims }]) => [name, dims.slice(1)])),
    largestDifference: result.largestDifference,
    leastCosine: result.leastCosine,
  };
  const path = pathOf(spec, key, record);
  const written = { graph: join(folder, 'graph'), record: join(folder, 'record') };
  if (path !== spec.originalPath) {
    await writeFile(written.graph, bytes);
    await moveIntoPlace(written.graph, path);
  }
  await writeFile(written.record, `${JSON.stringify(record, null, 2)}\n`);
  // Last, since it is what says that the graph is there.
  await moveIntoPlace(written.record, join(cacheDir, 'derived', `${key}.json`));
  return { path, record };
}
