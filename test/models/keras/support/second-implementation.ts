// TensorFlow.js: another reader of the same layers, whose answers the converted nets are held against.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { input, layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import type { Json, SavedWeight, SavedWeights } from './keras-files.js';

// Without it the library prints advice on faster ones of its kind.
tf.enableProdMode();

export { input, layers, model, tf };
export type { LayersModel, SymbolicTensor };
export type Layer = layers.Layer;

/** Numbers that look random and are the same every time, evenly from -1 to 1. */
export function madeUpNumbers(count: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1;
  });
}

/** A weight as one of a trained net might be: variances over 0, scales about 1, kernels that keep values in their range. */
export function madeUpWeight(name: string, shape: readonly number[], seed: number): SavedWeight {
  const size = shape.reduce((product, length) => product * length, 1);
  const numbers = madeUpNumbers(size, seed);
  const fan = Math.max(1, size / (shape.at(-1) ?? 1));
  const of = /gamma|variance/.test(name)
    ? (each: number) => 1 + each / 2
    : shape.length > 1
      ? (each: number) => (each * 1.7) / Math.sqrt(name === 'depthwise_kernel' ? (shape[0] ?? 1) * (shape[1] ?? 1) : fan)
      : (each: number) => each / 2;
  return { name, shape, values: numbers.map(of) };
}

/** Gives every layer of a model such weights, and tells them. */
export function withMadeUpWeights(net: LayersModel, path = '', seed = 1): SavedWeights {
  const saved = new Map<string, SavedWeight[]>();
  let next = seed;
  for (const layer of net.layers) {
    const place = path === '' ? layer.name : `${path}/${layer.name}`;
    if ('layers' in layer) {
      for (const [name, weights] of withMadeUpWeights(layer as LayersModel, place, (next += 1000))) saved.set(name, [...weights]);
      continue;
    }
    const weights = layer.weights.map(({ originalName, shape }) =>
      madeUpWeight(originalName.split('/').at(-1) ?? '', shape as number[], next++),
    );
    if (weights.length === 0) continue;
    layer.setWeights(weights.map(({ values, shape }) => tf.tensor(values, [...shape])));
    saved.set(place, weights);
  }
  return saved;
}

/** The model's JSON as Keras 2 writes it. */
export function jsonOf(net: LayersModel): Json {
  const json = JSON.parse(net.toJSON(undefined, true) as string) as {
    config: { layers: { name?: string; config: Json }[] };
  } & Json;
  for (const layer of net.layers) {
    // The one field that the library reads and does not write.
    if (!('depthMultiplier' in layer)) continue;
    const written = json.config.layers.find(({ config }) => config['name'] === layer.name);
    if (written) written.config['depth_multiplier'] = layer.depthMultiplier ?? 1;
  }
  return json;
}

/** What the second implementation gives for pictures. */
export function expectedOf(net: LayersModel, pictures: Float32Array, shape: readonly number[]): Float32Array {
  return tf.tidy(() => (net.predict(tf.tensor(pictures, [...shape])) as tf.Tensor).dataSync() as Float32Array);
}

/** Runs a converted net. */
export async function resultOf(path: string, pictures: Float32Array, shape: readonly number[]): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    const [inputName = ''] = session.inputNames;
    const [outputName = ''] = session.outputNames;
    const results = await session.run({ [inputName]: new ort.Tensor('float32', pictures, [...shape]) });
    const result = results[outputName];
    if (!result) throw new Error('the net has no output');
    return result;
  } finally {
    await session.release();
  }
}

/** Holds that two lists of numbers differ by no more than `most`, larger numbers by that part of themselves. */
export function expectClose(actual: Float32Array, expected: ArrayLike<number>, most = 1e-4): void {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let at = 0; at < actual.length; at++) {
    const [have = NaN, want = NaN] = [actual[at], expected[at]];
    const difference = Math.abs(have - want) / Math.max(1, Math.abs(want));
    if (!(difference <= largest)) largest = difference;
  }
  expect(largest).toBeLessThanOrEqual(most);
}
