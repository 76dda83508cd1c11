// Keras models become ONNX models here, without Python: `.h5`, `.hdf5` and `.keras` files of Sequential and Functional models that take
// one picture. What is written has been run, and appears whole or not at all.
import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { moveIntoPlace } from '../cache.js';
import { ModelError, reasonOf, systemCodeOf } from '../model-error.js';
import { parseArchitecture } from './architecture.js';
import { KerasFault } from './bad-model.js';
import { checkConversion } from './check-conversion.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { openKerasFile } from './keras-file.js';
import { lastActivation, type LastActivation } from './last-activation.js';
import type { Preprocessing } from './layers/layer.js';
import { buildNetwork } from './network.js';
import { writeOnnx } from './onnx-file.js';

/** Names and values of a file can be of any length; a line of a log is not. */
const MOST_TOLD = 1000;

export interface KerasOptions {
  /** Height of the input, needed where the model leaves it free. */
  readonly height?: number;
  /** Width of the input, needed where the model leaves it free. */
  readonly width?: number;
  readonly signal?: AbortSignal;
}

export interface KerasConversion {
  /** Fed as float32 of batch x height x width x channels; the batch is free. */
  readonly input: { readonly name: string; readonly height: number; readonly width: number; readonly channels: number };
  /** Shape of one item. */
  readonly output: { readonly name: string; readonly shape: readonly number[] };
  /** How many numbers there are for a picture, null where the output is no plain list of them. */
  readonly classes: number | null;
  /** The last function that the output went through, as far as it is one of these. */
  readonly activation: LastActivation;
  /** What the model itself does to its input first, in order: nothing of this may be done again before it. */
  readonly preprocessing: readonly Preprocessing[];
  /** As saved with the model, undefined where it is not told. */
  readonly kerasVersion: string | undefined;
  readonly layers: number;
  /** Numbers in its weights, as Keras counts them. */
  readonly parameters: number;
  /** Of the file written, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Converts a Keras model and runs the result once.
 * @param from a `.h5`, `.hdf5` or `.keras` file; what it is, its first bytes say
 * @param to the ONNX file to write; one that is there is replaced once the new one is whole
 * @throws ModelError `BAD_MODEL` that names file and layer, `FETCH_FAILED` where `from` cannot be read, `CACHE_UNUSABLE` where `to`
 * cannot be written, `ABORTED`
 */
export async function convertKeras(from: string, to: string, options: KerasOptions = {}): Promise<KerasConversion> {
  const label = basename(from);
  await checkReadable(from);
  try {
    return await convertIn(from, resolve(to), options);
  } catch (error) {
    if (options.signal?.aborted) throw new ModelError('ABORTED', `converting ${label} was given up`, { cause: error });
    if (error instanceof KerasFault)
      throw new ModelError('BAD_MODEL', `${label} cannot be converted: ${error.message.slice(0, MOST_TOLD)}`, { cause: error });
    // Lists in lists without end, or a size that there is no memory for.
    if (error instanceof RangeError)
      throw new ModelError('BAD_MODEL', `${label} cannot be converted: it is too deep or too large: ${error.message}`, {
        cause: error,
      });
    if (systemCodeOf(error) !== undefined)
      throw new ModelError('CACHE_UNUSABLE', `${to} cannot be written: ${reasonOf(error)}`, { cause: error });
    throw error;
  }
}

async function convertIn(from: string, to: string, { height, width, signal }: KerasOptions): Promise<KerasConversion> {
  const folder = await mkdtemp(join(dirname(to), '.converting-'));
  try {
    const file = await openKerasFile(from, folder);
    try {
      const model = parseArchitecture(file.architecture);
      const network = buildNetwork(model, file.weightsOf(model), file.major, { height, width });
      foldBatchNorm(network.graph, network.output.name);
      const graph = join(folder, 'model.onnx');
      const written = await writeOnnx(graph, network, signal);
      await checkConversion(graph, network);
      signal?.throwIfAborted();
      await moveIntoPlace(graph, to);
      const { input, output } = network;
      return {
        input: { name: input.name, height: input.shape[0], width: input.shape[1], channels: input.shape[2] },
        output,
        classes: output.shape.length === 1 ? (output.shape[0] ?? null) : null,
        activation: lastActivation(network),
        preprocessing: network.preprocessing,
        kerasVersion: file.version,
        layers: network.layers,
        parameters: network.parameters,
        ...written,
      };
    } finally {
      file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkReadable(path: string): Promise<void> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file');
    await access(path, constants.R_OK);
  } catch (error) {
    throw new ModelError('FETCH_FAILED', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
