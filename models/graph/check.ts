// Runs a rewritten network against its original, on made-up pictures. What is not the same is refused: a wrong box or
// embedding would otherwise look like a bad model for ever after.
import { ModelError, reasonOf } from '../model-error.js';
import type { Outputs } from '../family.js';
import { itemOf } from '../outputs.js';
import { channelCount, tensorShape, type TensorInput } from '../tensor-input.js';
import { fedInputs, loadGraph, shapeOf } from './graph.js';

/** Enough that the items of a batch cannot be mistaken for each other. */
const BATCH = 4;
/**
 * Largest difference in relation to the larger of 1 and the value. The default pack's models differ by at most 1.5e-6
 * where only the batch was freed, and by 3e-7 of their scale where operators were folded too; a wrong graph by 0.1 and more.
 */
const TOLERANCE = 1e-4;
/** Least cosine between the outputs as vectors, for operators that are folded. */
const LEAST_COSINE = 0.999999;

export interface CheckResult {
  /** Name of the network's input. */
  readonly inputName: string;
  /** Outputs of the batch that was run, for the family to try its hand at. */
  readonly outputs: Outputs;
  readonly batch: number;
  readonly largestDifference: number;
  readonly leastCosine: number;
}

/** The network runs as published, but not as rewritten: one may go on with the original. */
export class RewriteRefused extends ModelError {}

type Picture = Float32Array | Uint8Array | Int8Array;
type Run = (pictures: readonly Picture[]) => Promise<Outputs>;

/**
 * Batch 1 must equal the original, and a batch of four must equal the original run four times.
 * @throws ModelError `BAD_MODEL`, which is a `RewriteRefused` with what differs and by how much where the original runs
 */
export async function checkAgainstOriginal(
  original: Uint8Array,
  rewritten: Uint8Array,
  input: TensorInput,
  label: string,
): Promise<CheckResult> {
  const inputName = checkedInputName(original, input, label);
  const pictures = Array.from({ length: BATCH }, (_, index) => madeUpPicture(input, index + 1));
  const expected: Outputs[] = [];
  await withRun(original, inputName, input, label, async (run) => {
    for (const picture of pictures) expected.push(await run([picture]));
  });
  const checked = withRun(rewritten, inputName, input, label, async (run) => {
    const found = { largestDifference: 0, leastCosine: 1 };
    const [alone] = pictures;
    if (alone) compare(await run([alone]), expected.slice(0, 1), 'alone', label, found);
    const outputs = await run(pictures);
    compare(outputs, expected, `in a batch of ${BATCH}`, label, found);
    return { inputName, outputs, batch: BATCH, ...found };
  });
  return checked.catch((error: unknown) => {
    throw error instanceof ModelError ? new RewriteRefused(error.code, error.message, { cause: error }) : error;
  });
}

/** The name of the only input, whose fixed sizes are those it will be fed. */
function checkedInputName(original: Uint8Array, input: TensorInput, label: string): string {
  const inputs = fedInputs(loadGraph(original, label).graph);
  const [first, second] = inputs;
  if (first?.name === undefined || first.name === null || second !== undefined) {
    throw new ModelError('BAD_MODEL', `${label} has ${inputs.length} inputs where a picture is the only one expected`);
  }
  const shape = shapeOf(first) ?? [];
  const fed = [1, ...tensorShape(input)];
  if (shape.length !== 4 || shape.some((size, index) => size !== null && size !== fed[index])) {
    const has = shape.map((size) => size ?? '?').join('x');
    throw new ModelError('BAD_MODEL', `${label} takes an input of ${has}, but its family or manifest feeds ${fed.join('x')}`);
  }
  return first.name;
}

async function withRun<T>(
  graph: Uint8Array,
  inputName: string,
  input: TensorInput,
  label: string,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  // Loaded on need: a start with a filled cache has no use for the runtime on this thread.
  const { ort } = await import('./runtime.js');
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    // What fails here is told by whoever asked, and may be no failure at all: a network that takes no batch.
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }).catch((error: unknown) => {
    throw new ModelError('BAD_MODEL', `${label} cannot be loaded: ${reasonOf(error)}`, { cause: error });
  });
  const shape = tensorShape(input);
  const run: Run = async (pictures) => {
    const size = shape.reduce((product, side) => product * side, 1);
    const data = new TENSOR_DATA[input.dtype](size * pictures.length);
    pictures.forEach((picture, index) => data.set(picture, index * size));
    const feeds = { [inputName]: new ort.Tensor(input.dtype, data, [pictures.length, ...shape]) };
    const results = await session.run(feeds).catch((error: unknown) => {
      throw new ModelError('BAD_MODEL', `${label} cannot run a batch of ${pictures.length}: ${reasonOf(error)}`, {
        cause: error,
      });
    });
    const outputs: Record<string, { dims: readonly number[]; data: Float32Array }> = {};
    for (const [name, { dims, data }] of Object.entries(results)) {
      if (!(data instanceof Float32Array))
        throw new ModelError('BAD_MODEL', `${label} gives "${name}" in another type than float32`);
      outputs[name] = { dims, data };
    }
    return outputs;
  };
  try {
    return await work(run);
  } finally {
    await session.release();
  }
}

function compare(
  actual: Outputs,
  expected: readonly Outputs[],
  how: string,
  label: string,
  found: { largestDifference: number; leastCosine: number },
): void {
  for (const [name, tensor] of Object.entries(actual)) {
    if (tensor.dims[0] !== expected.length) {
      const shape = tensor.dims.join('x');
      throw new ModelError('BAD_MODEL', `${label} cannot be batched: ${how} its output "${name}" is of ${shape}`);
    }
    expected.forEach((outputs, index) => {
      const want = outputs[name]?.data;
      const have = itemOf(tensor, index);
      if (want?.length !== have.length) {
        throw new ModelError('BAD_MODEL', `${label} cannot be batched: ${how} its output "${name}" has another size`);
      }
      const { difference, cosine } = distance(have, want);
      found.largestDifference = Math.max(found.largestDifference, difference);
      found.leastCosine = Math.min(found.leastCosine, cosine);
      // Written so that a NaN is refused too.
      if (!(difference <= TOLERANCE && cosine >= LEAST_COSINE)) {
        const by = `${difference.toExponential(1)} (cosine ${cosine.toFixed(6)})`;
        throw new ModelError(
          'BAD_MODEL',
          `${label} is refused: ${how} its output "${name}" differs from the original's by ${by}`,
        );
      }
    });
  }
}

function distance(a: Float32Array, b: Float32Array): { difference: number; cosine: number } {
  let difference = 0;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let index = 0; index < a.length; index++) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    difference = Math.max(difference, Math.abs(x - y) / Math.max(1, Math.abs(y)));
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return { difference, cosine: aa === 0 && bb === 0 ? 1 : dot / Math.sqrt(aa * bb) };
}

const TENSOR_DATA = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array } as const;

/** Slow waves with noise over them, which sets off edges and blobs as a photo does; the same for the same seed. */
function madeUpPicture(input: TensorInput, seed: number): Picture {
  const { width, height, layout, mean, scale } = input;
  const channels = channelCount(input);
  const picture = new TENSOR_DATA[input.dtype](channels * width * height);
  const [down, right, next] = layout === 'nchw' ? [width, 1, width * height] : [width * channels, channels, 1];
  let state = seed * 2654435761;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // Numerical Recipes' linear congruential generator.
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const wave = Math.sin((x / width) * 6.3 * seed + channel) * Math.cos((y / height) * 6.3 * (seed + 1));
        const value = Math.min(255, Math.max(0, 128 + 80 * wave + 60 * (state / 2 ** 32 - 0.5)));
        picture[y * down + x * right + channel * next] = (value - (mean[channel] ?? 0)) * (scale[channel] ?? 1);
      }
    }
  }
  return picture;
}
