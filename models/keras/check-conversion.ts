// Runs a net that was just converted, before anybody relies on it: the runtime has to find the shapes that were worked out here, and
// what comes out has to be numbers.
import { KerasFault } from './bad-model.js';
import { reasonOf } from '../model-error.js';
import type { Network } from './network.js';

/** Two, so that a batch that was taken for something else shows. */
const BATCH = 2;

/** @throws KerasFault */
export async function checkConversion(path: string, { input, output, preprocessing }: Network): Promise<void> {
  const { ort } = await import('../graph/runtime.js');
  const session = await ort.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    // A shape that the runtime finds to be another than the one stated is an error then, not a warning.
    // Packing weights for speed costs their memory once more, for a single run.
    extra: { session: { strict_shape_type_inference: '1', disable_prepacking: '1' } },
  }).catch((error: unknown) => {
    throw new KerasFault(`the runtime does not take what it became: ${reasonOf(error)}`, { cause: error });
  });
  try {
    const dims = [BATCH, ...input.shape];
    const data = madeUpPictures(dims, preprocessing.length > 0 ? 255 : 1);
    const results = await session.run({ [input.name]: new ort.Tensor('float32', data, dims) }).catch((error: unknown) => {
      throw new KerasFault(`it cannot be run: ${reasonOf(error)}`, { cause: error });
    });
    const result = results[output.name];
    const expected = [BATCH, ...output.shape].join('x');
    if (result?.dims.join('x') !== expected || !(result.data instanceof Float32Array))
      throw new KerasFault(`it gives ${result?.dims.join('x') ?? 'nothing'} where ${expected} was worked out`);
    if (!result.data.every((number) => Number.isFinite(number)))
      throw new KerasFault(`its output is not a finite number for a picture that is: its weights are damaged`);
  } finally {
    await session.release();
  }
}

/** Slow waves of each channel's own, from 0 to `top`; the same every time. */
function madeUpPictures(dims: readonly number[], top: number): Float32Array {
  const [pictures = 0, height = 0, width = 0, channels = 0] = dims;
  const data = new Float32Array(pictures * height * width * channels);
  for (let at = 0; at < data.length; at++) {
    const channel = at % channels;
    const x = Math.floor(at / channels) % width;
    const y = Math.floor(at / channels / width) % height;
    const picture = Math.floor(at / channels / width / height);
    data[at] = top * (0.5 + 0.5 * Math.sin((x / width) * 9 * (picture + 1) + channel) * Math.cos((y / height) * 7 + channel));
  }
  return data;
}
