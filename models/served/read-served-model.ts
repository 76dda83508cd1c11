// The front door to served models: the files of one version become plain data that a task can run on. Everything that can be wrong
// with them is told here in one line, and nothing is loaded into the inference runtime to stay.
import { readFile, stat } from 'node:fs/promises';
import { RewriteRefused } from '../graph/check.js';
import { describeGraph, type GraphDescription, type GraphOutput } from '../graph/describe.js';
import { derivedGraph } from '../graph/derived-graph.js';
import { sha256OfFile } from '../hash.js';
import { ModelError, reasonOf } from '../model-error.js';
import type { TensorInput } from '../tensor-input.js';
import { parseClasses } from './classes.js';
import { kerasGraph, type KerasConverter, type KerasJob } from './keras-graph.js';
import { classHead } from './model-classes.js';
import { LARGEST_SIDE_FILE, type ServedFiles } from './model-folders.js';
import { modelInput } from './model-input.js';
import { mergedManifest, parseServedManifest, type ServedManifest } from './served-manifest.js';
import type { ServedModel, ServedTask } from './served-model.js';
import { parseThresholds } from './thresholds.js';
import { unpacked } from './unpack.js';

const LARGEST_MODEL = 16 * 2 ** 30;
/**
 * Graphs up to this size are rewritten to take any batch, which loads them twice. Larger ones run as they were exported; so much is
 * calculated for each picture there that a batch saves little.
 */
const LARGEST_REWRITTEN = 128 << 20;

/** What is known of a family of object detectors. */
export interface ObjectFamily {
  /** What goes without saying for its networks. */
  readonly defaults: ServedManifest;
  /** How many classes its outputs hold; null where they do not tell. @throws Error where they are of no such network */
  classCount(outputs: readonly GraphOutput[], input: TensorInput): number | null;
}

export interface ReadServedOptions {
  /** Takes what is unpacked, converted and rewritten. */
  readonly cacheDir: string;
  readonly keras: KerasConverter;
  /** The family of that name, undefined where there is none. Models of the task `objects` need it. */
  readonly objectFamily?: (name: string) => Promise<ObjectFamily | undefined>;
  /** Goes before the manifest: what an operator set. */
  readonly settings?: ServedManifest;
  /** For what the model leaves free and nobody says: the size of its pictures, and its labels. */
  readonly fallback?: { readonly width?: number; readonly height?: number; readonly labels?: readonly string[] };
  /** A compressed model that holds more is refused. Default 16 GiB. */
  readonly largestBytes?: number;
  /** One line about something that is not wrong but should be known. */
  readonly onWarning?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads a version, unpacks and converts it where it must be, and frees its batch where that can be done.
 * @throws ModelError with one line that names the model or the file
 */
export async function readServedModel(files: ServedFiles, options: ReadServedOptions): Promise<ServedModel> {
  const id = `${files.name}@${files.version}`;
  const written = await writtenManifest(files);
  const own = mergedManifest(options.settings ?? {}, written);
  const task = taskBy(own);
  const family = await familyOf(own, task, options, id);
  const manifest = mergedManifest(own, family?.defaults ?? {});

  const file = await unpackedFile(files, options);
  if (manifest.sha256 !== undefined && manifest.sha256 !== file.sha256) {
    throw new ModelError(
      'WRONG_HASH',
      `${files.model.path} is refused: its sha256 should be ${manifest.sha256} but is ${file.sha256}`,
    );
  }
  const isKeras = files.model.format === 'keras';
  const graph = isKeras
    ? await kerasGraph(kerasJob(files, file, manifest, options, id), options.keras)
    : { ...file, scalesItself: false };
  const description = await describeGraph(graph.path, id);
  const input = modelInput(description, manifest.input ?? {}, task, id, options.fallback);
  const head = await headOf(files, manifest, description, input, family, id, options.fallback?.labels);
  warnOfScaling(manifest, input, graph.scalesItself, id, options);
  const runnable = await runnableGraph(graph, description, input, options, id);
  return {
    name: files.name,
    version: files.version,
    id,
    task,
    description: manifest.description ?? null,
    family: task === 'objects' ? (manifest.family ?? null) : null,
    ...runnable,
    sha256: file.sha256,
    input,
    outputs: description.outputs,
    ...head,
    licence: manifest.licence ?? null,
  };
}

/** What a version is for, by its manifest alone. @throws ModelError `BAD_MANIFEST` */
export async function servedTask(files: Pick<ServedFiles, 'manifest'>): Promise<ServedTask> {
  return taskBy(await writtenManifest(files));
}

async function writtenManifest({ manifest }: Pick<ServedFiles, 'manifest'>): Promise<ServedManifest> {
  return manifest === undefined ? {} : parseServedManifest(await readText(manifest), manifest);
}

function taskBy({ task, family }: ServedManifest): ServedTask {
  return task ?? (family === undefined ? 'classify' : 'objects');
}

interface FileOnDisk {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

async function unpackedFile(files: ServedFiles, options: ReadServedOptions): Promise<FileOnDisk> {
  const { path, compression } = files.model;
  const { cacheDir, largestBytes = LARGEST_MODEL, signal } = options;
  try {
    const sha256 = await sha256OfFile(path);
    if (compression === null) return { path, sha256, bytes: (await stat(path)).size };
    return await unpacked({ cacheDir, path, sha256, compression, largestBytes, ...(signal ? { signal } : {}) });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function kerasJob(
  { model }: ServedFiles,
  { path, sha256 }: FileOnDisk,
  { input: { width, height } = {} }: ServedManifest,
  { cacheDir, signal, fallback = {} }: ReadServedOptions,
  label: string,
): KerasJob {
  const { width: wide = fallback.width, height: high = fallback.height } = { width, height };
  const size = { ...(wide === undefined ? {} : { width: wide }), ...(high === undefined ? {} : { height: high }) };
  const fileName = model.fileName.replace(/\.(gz|zst)$/, '');
  return { cacheDir, path, fileName, sha256, size, label, ...(signal ? { signal } : {}) };
}

async function familyOf(
  { family }: ServedManifest,
  task: ServedModel['task'],
  options: ReadServedOptions,
  id: string,
): Promise<ObjectFamily | undefined> {
  if (task === 'classify') {
    if (family === undefined) return undefined;
    throw new ModelError('BAD_MANIFEST', `${id} is a classifier, and family ("${family}") is for object detectors`);
  }
  if (family === undefined)
    throw new ModelError('BAD_MANIFEST', `${id} finds objects: its manifest must name its family, such as yolov8`);
  const found = await options.objectFamily?.(family);
  if (found === undefined) throw new ModelError('BAD_MANIFEST', `${id}: there is no family "${family}" of object detectors`);
  return found;
}

type Head = Pick<ServedModel, 'classOutput' | 'classes' | 'activation' | 'scores' | 'thresholds'>;

async function headOf(
  files: ServedFiles,
  manifest: ServedManifest,
  { outputs }: GraphDescription,
  input: TensorInput,
  family: ObjectFamily | undefined,
  id: string,
  fallback: readonly string[] | undefined,
): Promise<Head> {
  const labels = files.classes === undefined ? fallback : parseClasses(await readText(files.classes), files.classes);
  const head = family ? objectHead(outputs, input, family, manifest, labels, id) : classifierHead(outputs, manifest, labels, id);
  if (files.thresholds === undefined) return { ...head, thresholds: null };
  return { ...head, thresholds: parseThresholds(await readText(files.thresholds), files.thresholds, head.classes) };
}

function classifierHead(
  outputs: readonly GraphOutput[],
  manifest: ServedManifest,
  labels: readonly string[] | undefined,
  id: string,
): Omit<Head, 'thresholds'> {
  const { output, ...rest } = classHead(outputs, manifest.output, labels, manifest.activation, id);
  return { classOutput: output, ...rest };
}

function objectHead(
  outputs: readonly GraphOutput[],
  input: TensorInput,
  family: ObjectFamily,
  manifest: ServedManifest,
  labels: readonly string[] | undefined,
  id: string,
): Omit<Head, 'thresholds'> {
  let count: number | null;
  try {
    count = family.classCount(outputs, input);
  } catch (error) {
    throw new ModelError('BAD_MODEL', `${id} is not of the family that its manifest names: ${reasonOf(error)}`, { cause: error });
  }
  if (count !== null && labels !== undefined && labels.length !== count) {
    throw new ModelError('BAD_MODEL', `${id} finds ${count} classes of objects, but classes.txt has ${labels.length} labels`);
  }
  const classes = labels ?? (count === null ? undefined : Array.from({ length: count }, (_, index) => String(index)));
  if (classes === undefined) throw new ModelError('BAD_MODEL', `${id} does not tell how many classes it finds: give classes.txt`);
  return { classOutput: null, classes, activation: manifest.activation ?? 'none', scores: 'each' };
}

function warnOfScaling(
  { input: said }: ServedManifest,
  input: TensorInput,
  scalesItself: boolean,
  id: string,
  { onWarning }: ReadServedOptions,
): void {
  const changes = input.mean.some((mean) => mean !== 0) || input.scale.some((scale) => scale !== 1);
  const isSaid = said?.preprocessing !== undefined || said?.mean !== undefined || said?.scale !== undefined;
  if (scalesItself && changes) {
    onWarning?.(`${id} scales its pixels for itself, and its manifest has them scaled before: one of the two is too much`);
  } else if (!scalesItself && !isSaid && input.dtype === 'float32') {
    onWarning?.(`${id} is fed pixels of 0..255, for nobody says how they are scaled: input.preprocessing of manifest.json does`);
  }
}

async function runnableGraph(
  graph: FileOnDisk,
  { inputs, outputs }: GraphDescription,
  input: TensorInput,
  { cacheDir, onWarning, signal }: ReadServedOptions,
  label: string,
): Promise<Pick<ServedModel, 'path' | 'bytes' | 'batch'>> {
  const exported = inputs.find(({ name }) => name === input.name)?.dims?.[0] ?? null;
  const asExported = { path: graph.path, bytes: graph.bytes, batch: exported ?? ('any' as const) };
  if (exported !== null && exported !== 1) return asExported;
  if (graph.bytes > LARGEST_REWRITTEN || outputs.some(({ dtype }) => dtype !== 'float')) return asExported;
  try {
    const spec = { cacheDir, sha256: graph.sha256, originalPath: graph.path, input, label };
    const { path } = await derivedGraph(spec, signal);
    return { path, bytes: (await stat(path)).size, batch: 'any' };
  } catch (error) {
    if (!(error instanceof RewriteRefused)) throw error;
    onWarning?.(`${label} takes one picture at a time: ${error.message}`);
    return { ...asExported, batch: 1 };
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_SIDE_FILE)
      throw new ModelError('BAD_MANIFEST', `${path} has ${size} bytes, where at most ${LARGEST_SIDE_FILE} are read`);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw new ModelError('BAD_MANIFEST', `${path} is not UTF-8`, { cause: error });
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  return new ModelError('BAD_MODEL', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
}
