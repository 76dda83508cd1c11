// Weights are kept in more ways than one: of other precision, compressed.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { convertKeras } from '../../../models/keras/convert-keras.js';
import { FLOAT_DECODERS } from '../../../models/keras/float-formats.js';
import { testFolder } from './support/conversions.js';
import { saveH5, type SavedWeights, type Store } from './support/keras-files.js';
import {
  expectClose,
  expectedOf,
  input,
  jsonOf,
  layers,
  madeUpNumbers,
  model,
  resultOf,
  tf,
  withMadeUpWeights,
  type SymbolicTensor,
} from './support/second-implementation.js';

const folder = testFolder();
const SHAPE = [2, 12, 10, 3];
const pictures = madeUpNumbers(2 * 12 * 10 * 3, 11);

const half = (value: number): number => {
  // Numbers whose bits are few enough to be halves exactly.
  const [sign, size] = [value < 0 ? 0x8000 : 0, Math.abs(value)];
  if (size === 0) return sign;
  const exponent = Math.floor(Math.log2(size));
  return exponent < -14
    ? sign | Math.round(size * 2 ** 24)
    : sign | ((exponent + 15) << 10) | Math.round((size / 2 ** exponent - 1) * 1024);
};

const STORES: Readonly<Record<string, { readonly round: (value: number) => number; readonly store: Store }>> = {
  float64: {
    round: (value) => value,
    store: (file, path, { shape, values }) =>
      void file.create_dataset({ name: path, data: Float64Array.from(values), shape: [...shape] }),
  },
  'bfloat16, as Keras 3 marks it': {
    round: (value) => Math.round(value * 64) / 64,
    store: (file, path, { shape, values }) => {
      const bits = new Uint32Array(Float32Array.from(values).buffer);
      const stored = file.create_dataset({ name: path, data: Uint16Array.from(bits, (each) => each >>> 16), shape: [...shape] });
      stored.create_attribute('dtype', 'bfloat16');
    },
  },
  'gzip in chunks': {
    round: (value) => value,
    store: (file, path, { shape, values }) =>
      void file.create_dataset({
        name: path,
        data: values,
        shape: [...shape],
        chunks: [...shape],
        compression: 'gzip',
        compression_opts: 4,
      }),
  },
};

test.each(Object.entries(STORES))('weights that are kept as %s', async (_name, { round, store }) => {
  const picture = input({ shape: [12, 10, 3], name: 'picture' });
  const conv = layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3 });
  const net = model({ inputs: picture, outputs: conv.apply(picture) as SymbolicTensor, name: 'net' });
  const weights: SavedWeights = new Map(
    [...withMadeUpWeights(net)].map(([name, saved]) => [
      name,
      saved.map((weight) => ({ ...weight, values: weight.values.map(round) })),
    ]),
  );
  conv.setWeights((weights.get('conv') ?? []).map(({ values, shape }) => tf.tensor(values, [...shape])));
  const path = join(folder, 'stored.h5');
  await saveH5(path, jsonOf(net), weights, { store });
  const to = join(folder, 'stored.onnx');
  await convertKeras(path, to);
  expectClose((await resultOf(to, pictures, SHAPE)).data as Float32Array, expectedOf(net, pictures, SHAPE), 1e-5);
});

test('the numbers of half precision are read, the smallest and the largest too', () => {
  const numbers = [0, -0, 1, -2, 65504, 2 ** -24, 2 ** -14, -(2 ** -14) * 1.5, 0.333251953125, Infinity];
  const bits = Uint16Array.from(numbers, (each) => (each === Infinity ? 0x7c00 : half(each)));
  bits[1] = 0x8000;
  expect([...(FLOAT_DECODERS['float16']?.(bits.buffer) ?? [])]).toEqual(numbers);
});
