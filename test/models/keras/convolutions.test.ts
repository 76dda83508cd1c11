// Convolutions and pooling over sizes, strides and paddings that do not fit, where the odd pixel must fall on TensorFlow's side.
import { expect, test } from 'vitest';
import { expectGives, expectSame, modelOf, sequentialOf, testFolder } from './support/conversions.js';
import {
  input,
  layers,
  madeUpNumbers,
  madeUpWeight,
  model,
  tf,
  type Layer,
  type SymbolicTensor,
} from './support/second-implementation.js';

const folder = testFolder();
const PADDINGS = ['same', 'valid'] as const;
const SIZES = [
  [9, 7],
  [8, 8],
  [6, 11],
] as const;
const STRIDES = [1, 2, 3];
const WINDOWS = [1, 2, 3, 5];

const everyWindow = PADDINGS.flatMap((padding) =>
  SIZES.flatMap(([height, width]) =>
    STRIDES.flatMap((strides) => WINDOWS.map((window) => ({ padding, height, width, strides, window }))),
  ),
);

/** Several layers on one input, joined flat, so that a table is one net and one run. */
async function expectAllSame(entries: readonly ((index: number) => Layer)[], shape: readonly number[]): Promise<void> {
  const picture = input({ shape: [...shape] });
  const flat = entries.map((make, index) => {
    const value = make(index).apply(picture) as SymbolicTensor;
    return layers.flatten({ name: `flat_${index}` }).apply(value) as SymbolicTensor;
  });
  const output = layers.concatenate({ name: 'all' }).apply(flat) as SymbolicTensor;
  await expectSame(folder, model({ inputs: picture, outputs: output }));
}

for (const [height, width] of SIZES) {
  const cases = everyWindow.filter((each) => each.height === height && each.width === width);

  test(`windows of ${WINDOWS.join(', ')} at strides of ${STRIDES.join(', ')} over ${height}x${width}: Conv2D`, async () => {
    await expectAllSame(
      cases.map(
        ({ padding, strides, window }) =>
          (index) =>
            layers.conv2d({ name: `conv_${index}`, filters: 4, kernelSize: window, strides, padding }),
      ),
      [height, width, 3],
    );
  });

  test(`windows of ${WINDOWS.join(', ')} at strides of ${STRIDES.join(', ')} over ${height}x${width}: DepthwiseConv2D`, async () => {
    await expectAllSame(
      cases.map(
        ({ padding, strides, window }) =>
          (index) =>
            layers.depthwiseConv2d({
              name: `dw_${index}`,
              kernelSize: window,
              strides,
              padding,
              depthMultiplier: 1 + (index % 2),
            }),
      ),
      [height, width, 3],
    );
  });

  test(`windows of ${WINDOWS.join(', ')} at strides of ${STRIDES.join(', ')} over ${height}x${width}: SeparableConv2D`, async () => {
    await expectAllSame(
      cases.map(
        ({ padding, strides, window }) =>
          (index) =>
            layers.separableConv2d({
              name: `sep_${index}`,
              filters: 5,
              kernelSize: window,
              strides,
              padding,
              depthMultiplier: 1 + (index % 2),
            }),
      ),
      [height, width, 3],
    );
  });

  test(`windows of ${WINDOWS.join(', ')} at strides of ${STRIDES.join(', ')} over ${height}x${width}: pooling`, async () => {
    await expectAllSame(
      cases.flatMap(({ padding, strides, window: poolSize }) => [
        (index) => layers.maxPooling2d({ name: `max_${index}`, poolSize, strides, padding }),
        (index) => layers.averagePooling2d({ name: `average_${index}`, poolSize, strides, padding }),
      ]),
      [height, width, 3],
    );
  });

  test(`windows at strides over ${height}x${width}: Conv2DTranspose`, async () => {
    await expectAllSame(
      cases.map(
        ({ padding, strides, window }) =>
          (index) =>
            layers.conv2dTranspose({ name: `up_${index}`, filters: 2, kernelSize: window, strides, padding }),
      ),
      [height, width, 3],
    );
  });
}

test('windows that are not square, dilated, without bias, with an activation of their own', async () => {
  await expectAllSame(
    [
      (index) =>
        layers.conv2d({ name: `a_${index}`, filters: 3, kernelSize: [1, 7], strides: [2, 1], padding: 'same', useBias: false }),
      (index) =>
        layers.conv2d({ name: `b_${index}`, filters: 3, kernelSize: 3, dilationRate: 2, padding: 'same', activation: 'relu' }),
      (index) =>
        layers.conv2d({
          name: `c_${index}`,
          filters: 3,
          kernelSize: [2, 4],
          dilationRate: [3, 2],
          padding: 'same',
          activation: 'tanh',
        }),
      (index) => layers.conv2d({ name: `d_${index}`, filters: 3, kernelSize: 3, dilationRate: 3, padding: 'valid' }),
      (index) =>
        layers.separableConv2d({
          name: `f_${index}`,
          filters: 3,
          kernelSize: [2, 3],
          padding: 'same',
          useBias: false,
          activation: 'elu',
        }),
      (index) => layers.maxPooling2d({ name: `g_${index}`, poolSize: [3, 2], strides: [1, 2], padding: 'same' }),
      (index) => layers.averagePooling2d({ name: `h_${index}`, poolSize: [2, 5], padding: 'same' }),
    ],
    [13, 10, 2],
  );
});

test('a dilated DepthwiseConv2D', async () => {
  // The second implementation's layer forgets its dilation; its function does not.
  const pictures = madeUpNumbers(2 * 13 * 10 * 2, 5);
  const [kernel, bias] = [madeUpWeight('depthwise_kernel', [3, 2, 2, 3], 1), madeUpWeight('bias', [6], 2)];
  const expected = tf.tidy(() => {
    const whole = tf.depthwiseConv2d(
      tf.tensor4d(pictures, [2, 13, 10, 2]),
      tf.tensor4d(kernel.values, [3, 2, 2, 3]),
      1,
      'same',
      'NHWC',
      [2, 3],
    );
    return tf.sigmoid(tf.add(whole, tf.tensor1d(bias.values))).dataSync() as Float32Array;
  });
  const json = sequentialOf([13, 10, 2], {
    class_name: 'DepthwiseConv2D',
    config: {
      name: 'dw',
      kernel_size: [3, 2],
      dilation_rate: [2, 3],
      padding: 'same',
      depth_multiplier: 3,
      activation: 'sigmoid',
    },
  });
  await expectGives(folder, json, new Map([['dw', [kernel, bias]]]), { pictures, shape: [2, 13, 10, 2], expected });
});

test('a Conv2D in groups gives what each group alone gives', async () => {
  const shape = [2, 7, 6, 4];
  const pictures = madeUpNumbers(2 * 7 * 6 * 4, 5);
  const [kernel, bias] = [madeUpWeight('kernel', [3, 3, 2, 6], 1), madeUpWeight('bias', [6], 2)];
  const expected = tf.tidy(() => {
    const [first, second] = tf.split<tf.Tensor4D>(tf.tensor4d(pictures, shape as [number, number, number, number]), 2, 3);
    const [k1, k2] = tf.split<tf.Tensor4D>(tf.tensor4d(kernel.values, [3, 3, 2, 6]), 2, 3);
    if (!first || !second || !k1 || !k2) throw new Error('nothing was split');
    const parts = [tf.conv2d(first, k1, 2, 'same'), tf.conv2d(second, k2, 2, 'same')];
    return tf.add(tf.concat(parts, 3), tf.tensor1d(bias.values)).dataSync() as Float32Array;
  });
  const json = sequentialOf([7, 6, 4], {
    class_name: 'Conv2D',
    config: {
      name: 'conv',
      filters: 6,
      kernel_size: [3, 3],
      strides: [2, 2],
      padding: 'same',
      groups: 2,
      data_format: 'channels_last',
    },
  });
  await expectGives(folder, json, new Map([['conv', [kernel, bias]]]), { pictures, shape, expected });
});

test('a Conv2DTranspose with output_padding has the size that Keras says, and the windows lie as in the second implementation', async () => {
  // 5 * 2 is the usual length, and 9 that of an output_padding of 0: (5 - 1) * 2 + 3 - 2.
  const pictures = madeUpNumbers(2 * 5 * 5 * 2, 6);
  const [kernel, bias] = [madeUpWeight('kernel', [3, 3, 4, 2], 1), madeUpWeight('bias', [4], 2)];
  for (const [outputPadding, length] of [
    [0, 9],
    [1, 10],
  ] as const) {
    const expected = tf.tidy(() => {
      const picture = tf.tensor4d(pictures, [2, 5, 5, 2]);
      const weights = tf.tensor4d(kernel.values, [3, 3, 4, 2]);
      return tf
        .add(tf.conv2dTranspose(picture, weights, [2, length, length, 4], 2, 'same'), tf.tensor1d(bias.values))
        .dataSync() as Float32Array;
    });
    const json = sequentialOf([5, 5, 2], {
      class_name: 'Conv2DTranspose',
      config: {
        name: 'up',
        filters: 4,
        kernel_size: [3, 3],
        strides: [2, 2],
        padding: 'same',
        output_padding: [outputPadding, outputPadding],
      },
    });
    const { conversion } = await expectGives(folder, json, new Map([['up', [kernel, bias]]]), {
      pictures,
      shape: [2, 5, 5, 2],
      expected,
    });
    expect(conversion.output.shape).toEqual([length, length, 4]);
  }
});

test('global pooling, with its dimensions and without', async () => {
  await expectSame(folder, modelOf([7, 5, 3], layers.globalAveragePooling2d({ name: 'pool' })));
  await expectSame(folder, modelOf([7, 5, 3], layers.globalMaxPooling2d({ name: 'pool' })));
  const pictures = madeUpNumbers(2 * 7 * 5 * 3, 3);
  const expected = tf.tidy(() => tf.mean(tf.tensor4d(pictures, [2, 7, 5, 3]), [1, 2]).dataSync() as Float32Array);
  const json = sequentialOf([7, 5, 3], { class_name: 'GlobalAveragePooling2D', config: { name: 'pool', keepdims: true } });
  const { conversion } = await expectGives(folder, json, new Map(), { pictures, shape: [2, 7, 5, 3], expected });
  expect(conversion.output.shape).toEqual([1, 1, 3]);
});
