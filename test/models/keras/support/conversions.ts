// Saves a model as Keras would, converts it, and holds what it gives against the second implementation.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { convertKeras, type KerasConversion, type KerasOptions } from '../../../../models/keras/convert-keras.js';
import { saveH5, type Json, type SavedWeights } from './keras-files.js';
import {
  expectClose,
  expectedOf,
  input,
  jsonOf,
  madeUpNumbers,
  model,
  resultOf,
  withMadeUpWeights,
  type Layer,
  type LayersModel,
  type SymbolicTensor,
} from './second-implementation.js';

const PICTURES = 2;

/** A folder for a file's tests, gone after them. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keras-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Held {
  readonly conversion: KerasConversion;
  readonly onnx: string;
}

/** Converts the model and compares what both give. @param most difference, of large numbers in relation to them */
export async function expectSame(folder: string, net: LayersModel, most = 1e-4, options: KerasOptions = {}): Promise<Held> {
  const weights = withMadeUpWeights(net);
  const shape = [PICTURES, ...(net.inputs[0]?.shape.slice(1) as number[])];
  const pictures = madeUpNumbers(
    shape.reduce((product, length) => product * length),
    99,
  );
  const expected = expectedOf(net, pictures, shape);
  return expectGives(folder, jsonOf(net), weights, { pictures, shape, expected, most, options });
}

export interface Expectation {
  readonly pictures: Float32Array;
  /** Batch first. */
  readonly shape: readonly number[];
  readonly expected: Float32Array;
  readonly most?: number;
  readonly options?: KerasOptions;
  readonly version?: string;
}

/** Saves, converts and runs a model of which it is known what it gives. */
export async function expectGives(folder: string, json: Json, weights: SavedWeights, wanted: Expectation): Promise<Held> {
  const { pictures, shape, expected, most, options, version } = wanted;
  const [from, onnx] = [join(folder, 'net.h5'), join(folder, 'net.onnx')];
  await saveH5(from, json, weights, version === undefined ? {} : { version });
  const conversion = await convertKeras(from, onnx, options);
  const result = await resultOf(onnx, pictures, shape);
  expect(result.dims).toEqual([shape[0], ...conversion.output.shape]);
  expectClose(result.data as Float32Array, expected, most);
  return { conversion, onnx };
}

/** A Sequential of one layer, as tf.keras 2 writes it. */
export function sequentialOf(shape: readonly number[], ...entries: readonly Json[]): Json {
  const first = { class_name: 'InputLayer', config: { name: 'picture', batch_input_shape: [null, ...shape], dtype: 'float32' } };
  return { class_name: 'Sequential', config: { name: 'model', layers: [first, ...entries] } };
}

/** A model of one layer of the second implementation. */
export function modelOf(shape: readonly number[], ...entries: readonly Layer[]): LayersModel {
  const picture = input({ shape: [...shape] });
  const output = entries.reduce<SymbolicTensor>((value, layer) => layer.apply(value) as SymbolicTensor, picture);
  return model({ inputs: picture, outputs: output });
}
