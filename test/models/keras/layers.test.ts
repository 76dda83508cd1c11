// Each kind of layer with the parameters that change what it does.
import { expect, test } from 'vitest';
import { expectGives, expectSame, modelOf, sequentialOf, testFolder } from './support/conversions.js';
import type { Json, SavedWeights } from './support/keras-files.js';
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
const SHAPE = [6, 5, 4] as const;
const BATCH = [2, ...SHAPE] as const;
/** From -8 to 8, so that every bend of an activation is passed. */
const pictures = madeUpNumbers(2 * 6 * 5 * 4, 7).map((each) => each * 8);

/** Holds a net that is written down by hand against a formula. */
async function expectFormula(
  formula: (x: tf.Tensor4D) => tf.Tensor,
  entries: readonly Json[],
  weights: SavedWeights = new Map(),
  version?: string,
) {
  const expected = tf.tidy(() => formula(tf.tensor4d(pictures, [...BATCH])).dataSync() as Float32Array);
  const json = sequentialOf(SHAPE, ...entries);
  return expectGives(folder, json, weights, { pictures, shape: BATCH, expected, ...(version === undefined ? {} : { version }) });
}

const clip = (x: tf.Tensor, low: number, high: number) => tf.clipByValue(x, low, high);

test.each<[string, (x: tf.Tensor) => tf.Tensor, string?]>([
  ['linear', (x) => x],
  ['relu', (x) => tf.relu(x)],
  ['relu6', (x) => clip(x, 0, 6)],
  ['leaky_relu', (x) => tf.leakyRelu(x, 0.2)],
  ['elu', (x) => tf.elu(x)],
  ['selu', (x) => tf.selu(x)],
  ['sigmoid', (x) => tf.sigmoid(x)],
  ['tanh', (x) => tf.tanh(x)],
  ['swish', (x) => tf.mul(x, tf.sigmoid(x))],
  ['silu', (x) => tf.mul(x, tf.sigmoid(x))],
  ['gelu', (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))],
  ['hard_sigmoid', (x) => clip(tf.add(tf.mul(x, 0.2), 0.5), 0, 1), '2.15.0'],
  ['hard_sigmoid', (x) => clip(tf.add(tf.div(x, 6), 0.5), 0, 1), '3.4.1'],
  ['hard_silu', (x) => tf.mul(x, clip(tf.add(tf.div(x, 6), 0.5), 0, 1)), '3.4.1'],
  ['softplus', (x) => tf.softplus(x)],
  ['softsign', (x) => tf.div(x, tf.add(tf.abs(x), 1))],
  ['exponential', (x) => tf.exp(x)],
  ['mish', (x) => tf.mul(x, tf.tanh(tf.softplus(x)))],
  ['softmax', (x) => tf.softmax(x)],
  ['log_softmax', (x) => tf.logSoftmax(x)],
])('the activation %s', async (activation, formula, version) => {
  const entry = { class_name: 'Activation', config: { name: 'act', activation } };
  await expectFormula(formula, [entry], new Map(), version);
});

test.each<[string, Json, (x: tf.Tensor) => tf.Tensor]>([
  ['ReLU', {}, (x) => tf.relu(x)],
  ['ReLU', { max_value: 5 }, (x) => clip(x, 0, 5)],
  ['ReLU', { negative_slope: 0.1 }, (x) => tf.leakyRelu(x, 0.1)],
  ['ReLU', { max_value: 3, negative_slope: 0.5 }, (x) => tf.minimum(tf.leakyRelu(x, 0.5), 3)],
  ['ReLU', { threshold: 1.5 }, (x) => tf.where(tf.greater(x, 1.5), x, tf.zerosLike(x))],
  ['ReLU', { threshold: 1, max_value: 4 }, (x) => tf.minimum(tf.where(tf.greater(x, 1), x, tf.zerosLike(x)), 4)],
  [
    'ReLU',
    { threshold: 1, max_value: 4, negative_slope: 0.25 },
    (x) => tf.where(tf.greater(x, 1), tf.minimum(x, 4), tf.mul(tf.sub(x, 1), 0.25)),
  ],
  ['LeakyReLU', {}, (x) => tf.leakyRelu(x, 0.3)],
  ['LeakyReLU', { alpha: 0.1 }, (x) => tf.leakyRelu(x, 0.1)],
  ['LeakyReLU', { negative_slope: 0.15 }, (x) => tf.leakyRelu(x, 0.15)],
  ['ELU', { alpha: 0.5 }, (x) => tf.where(tf.greater(x, 0), x, tf.mul(tf.sub(tf.exp(x), 1), 0.5))],
  ['Softmax', { axis: -1 }, (x) => tf.softmax(x)],
  ['Softmax', { axis: 1 }, (x) => tf.transpose(tf.softmax(tf.transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2])],
])('the layer %s with %o', async (className, config, formula) => {
  await expectFormula(formula, [{ class_name: className, config: { name: 'act', ...config } }]);
});

test.each<[string, number[] | undefined, number[]]>([
  ['a slope for each place', undefined, [6, 5, 4]],
  ['a slope for each channel', [1, 2], [1, 1, 4]],
  ['a slope for each row', [2, 3], [6, 1, 1]],
])('PReLU with %s', async (_what, sharedAxes, shape) => {
  const alpha = madeUpWeight('alpha', shape, 3);
  const formula = (x: tf.Tensor) => tf.prelu(x, tf.tensor(alpha.values, shape));
  const entry = { class_name: 'PReLU', config: { name: 'act', shared_axes: sharedAxes ?? null } };
  await expectFormula(formula, [entry], new Map([['act', [alpha]]]));
});

test('an activation that is written down as an object: a function of Keras 3, or a layer', async () => {
  const identity = {
    ...madeUpWeight('kernel', [1, 1, 4, 4], 1),
    values: Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 1 : 0)),
  };
  const conv = (activation: Json) => ({
    class_name: 'Conv2D',
    config: { name: 'conv', filters: 4, kernel_size: [1, 1], use_bias: false, activation },
  });
  const weights = new Map([['conv', [identity]]]);
  await expectFormula(
    (x) => tf.relu(x),
    [conv({ module: 'builtins', class_name: 'function', config: 'relu', registered_name: 'function' })],
    weights,
  );
  await expectFormula((x) => tf.leakyRelu(x, 0.4), [conv({ class_name: 'LeakyReLU', config: { negative_slope: 0.4 } })], weights);
});

test.each<[string, { scale?: boolean; center?: boolean; epsilon?: number }]>([
  ['as usual', {}],
  ['without scale', { scale: false }],
  ['without centre', { center: false }],
  ['without either', { scale: false, center: false, epsilon: 0.1 }],
])('BatchNormalization %s, alone and after a convolution', async (_what, config) => {
  await expectSame(folder, modelOf(SHAPE, layers.batchNormalization({ name: 'bn', ...config })));
  const conv = layers.conv2d({ name: 'conv', filters: 5, kernelSize: 3, padding: 'same' });
  const { conversion } = await expectSame(folder, modelOf(SHAPE, conv, layers.batchNormalization({ name: 'bn', ...config })));
  const perNorm = 5 * (2 + Number(config.scale !== false) + Number(config.center !== false));
  expect(conversion.parameters).toBe(3 * 3 * 4 * 5 + 5 + perNorm);
});

test.each<[string, () => readonly Layer[]]>([
  ['a depthwise convolution', () => [layers.depthwiseConv2d({ name: 'a', kernelSize: 3, depthMultiplier: 2, useBias: false })]],
  ['a separable convolution', () => [layers.separableConv2d({ name: 'a', kernelSize: 3, filters: 5, useBias: false })]],
  ['a transposed convolution', () => [layers.conv2dTranspose({ name: 'a', kernelSize: 3, filters: 5 })]],
  ['a dense layer on a picture', () => [layers.dense({ name: 'a', units: 5 })]],
  ['a dense layer on a list', () => [layers.flatten({ name: 'flat' }), layers.dense({ name: 'a', units: 5 })]],
  ['a convolution with an activation', () => [layers.conv2d({ name: 'a', kernelSize: 3, filters: 5, activation: 'relu' })]],
  ['two of its kind', () => [layers.conv2d({ name: 'a', kernelSize: 3, filters: 5 }), layers.batchNormalization({ name: 'b' })]],
])('BatchNormalization after %s', async (_what, before) => {
  await expectSame(
    folder,
    modelOf(
      SHAPE,
      ...before(),
      layers.batchNormalization({ name: 'bn' }),
      layers.activation({ name: 'act', activation: 'relu' }),
    ),
  );
});

test.each([
  ['rows', 1, [6, 1, 1]],
  ['columns', [2], [1, 5, 1]],
])('BatchNormalization along the %s', async (_what, axis, shape) => {
  const size = Math.max(...shape);
  const weights = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name, index) => madeUpWeight(name, [size], index));
  const [gamma, beta, mean, variance] = weights.map(
    ({ values }) =>
      () =>
        tf.tensor(values, shape),
  );
  if (!gamma || !beta || !mean || !variance) throw new Error('there are four of them');
  const formula = (x: tf.Tensor) => tf.add(tf.mul(tf.div(tf.sub(x, mean()), tf.sqrt(tf.add(variance(), 0.01))), gamma()), beta());
  const entry = { class_name: 'BatchNormalization', config: { name: 'bn', axis, epsilon: 0.01 } };
  await expectFormula(formula, [entry], new Map([['bn', weights]]));
});

test('BatchNormalization after a convolution that something else reads too leaves that as it is', async () => {
  const picture = input({ shape: [...SHAPE] });
  const conv = layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same' }).apply(picture) as SymbolicTensor;
  const norm = layers.batchNormalization({ name: 'bn' }).apply(conv) as SymbolicTensor;
  const sum = layers.add({ name: 'sum' }).apply([conv, norm]) as SymbolicTensor;
  await expectSame(folder, model({ inputs: picture, outputs: sum }));
});

test('a convolution that is called twice, with another BatchNormalization after each', async () => {
  const picture = input({ shape: [...SHAPE] });
  const conv = layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same' });
  const first = layers.batchNormalization({ name: 'bn1' }).apply(conv.apply(picture)) as SymbolicTensor;
  const second = layers.batchNormalization({ name: 'bn2' }).apply(conv.apply(first)) as SymbolicTensor;
  const { conversion } = await expectSame(folder, model({ inputs: picture, outputs: second }));
  expect(conversion.parameters).toBe(3 * 3 * 4 * 4 + 4 + 2 * 4 * 4);
});

test.each<[string, () => readonly Layer[]]>([
  [
    'Flatten and Dense after a convolution',
    () => [
      layers.conv2d({ name: 'c', filters: 3, kernelSize: 2 }),
      layers.flatten({ name: 'f' }),
      layers.dense({ name: 'd', units: 7, activation: 'softmax' }),
    ],
  ],
  ['Dense on the input as it is', () => [layers.dense({ name: 'd', units: 3, activation: 'relu', useBias: false })]],
  [
    'Reshape to rows of pixels, and Dense on those',
    () => [
      layers.conv2d({ name: 'c', filters: 6, kernelSize: 1 }),
      layers.reshape({ name: 'r', targetShape: [30, 6] }),
      layers.dense({ name: 'd', units: 3 }),
    ],
  ],
  [
    'Permute',
    () => [
      layers.conv2d({ name: 'c', filters: 6, kernelSize: 1 }),
      layers.permute({ name: 'p', dims: [3, 1, 2] }),
      layers.conv2d({ name: 'e', filters: 2, kernelSize: 3 }),
    ],
  ],
  [
    'Permute of two dimensions, with BatchNormalization',
    () => [
      layers.reshape({ name: 'r', targetShape: [30, 4] }),
      layers.permute({ name: 'p', dims: [2, 1] }),
      layers.batchNormalization({ name: 'b' }),
    ],
  ],
  [
    'ZeroPadding2D of every side',
    () => [
      layers.zeroPadding2d({
        name: 'z',
        padding: [
          [0, 1],
          [2, 3],
        ],
      }),
      layers.conv2d({ name: 'c', filters: 3, kernelSize: 3, strides: 2 }),
    ],
  ],
  [
    'ZeroPadding2D of one number before pooling',
    () => [layers.zeroPadding2d({ name: 'z', padding: 1 }), layers.maxPooling2d({ name: 'm', poolSize: 3, strides: 2 })],
  ],
  [
    'Cropping2D',
    () => [
      layers.cropping2D({
        name: 'z',
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
    ],
  ],
  [
    'UpSampling2D',
    () => [layers.upSampling2d({ name: 'u', size: [2, 3] }), layers.conv2d({ name: 'c', filters: 3, kernelSize: 3 })],
  ],
  [
    'Dropout and noise',
    () => [
      layers.dropout({ name: 'd', rate: 0.9 }),
      layers.gaussianNoise({ name: 'n', stddev: 9 }),
      layers.gaussianDropout({ name: 'g', rate: 0.9 }),
      layers.alphaDropout({ name: 'a', rate: 0.9 }),
    ],
  ],
])('%s', async (_what, entries) => {
  await expectSame(folder, modelOf(SHAPE, ...entries()));
});

test.each<[string, (a: SymbolicTensor, b: SymbolicTensor) => SymbolicTensor]>([
  ['Add', (a, b) => layers.add({ name: 'm' }).apply([a, b, a]) as SymbolicTensor],
  ['Multiply', (a, b) => layers.multiply({ name: 'm' }).apply([a, b]) as SymbolicTensor],
  ['Average', (a, b) => layers.average({ name: 'm' }).apply([a, b, a]) as SymbolicTensor],
  ['Maximum', (a, b) => layers.maximum({ name: 'm' }).apply([a, b]) as SymbolicTensor],
  ['Minimum', (a, b) => layers.minimum({ name: 'm' }).apply([a, b]) as SymbolicTensor],
  ['Concatenate of channels', (a, b) => layers.concatenate({ name: 'm' }).apply([a, b]) as SymbolicTensor],
  ['Concatenate of rows', (a, b) => layers.concatenate({ name: 'm', axis: 1 }).apply([a, b]) as SymbolicTensor],
  ['Concatenate of columns', (a, b) => layers.concatenate({ name: 'm', axis: 2 }).apply([a, b]) as SymbolicTensor],
])('%s of a picture as it came and one that was convolved', async (_what, merge) => {
  const picture = input({ shape: [...SHAPE] });
  const conv = layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same' }).apply(picture) as SymbolicTensor;
  await expectSame(folder, model({ inputs: picture, outputs: merge(picture, conv) }));
});

test('Reshape with a free length keeps the order of Keras', async () => {
  const relu = { class_name: 'ReLU', config: { name: 'relu' } };
  const reshape = (target: number[], name: string) => ({ class_name: 'Reshape', config: { name, target_shape: target } });
  const { conversion } = await expectFormula((x) => tf.relu(x), [relu, reshape([-1, 10, 2], 'a'), reshape([3, -1], 'b')]);
  expect(conversion.output.shape).toEqual([3, 40]);
});

test('Subtract takes its inputs in order', async () => {
  const json = {
    class_name: 'Functional',
    config: {
      name: 'model',
      layers: [
        {
          class_name: 'InputLayer',
          name: 'picture',
          config: { name: 'picture', batch_input_shape: [null, ...SHAPE] },
          inbound_nodes: [],
        },
        {
          class_name: 'Activation',
          name: 'relu',
          config: { name: 'relu', activation: 'relu' },
          inbound_nodes: [[['picture', 0, 0, {}]]],
        },
        {
          class_name: 'Subtract',
          name: 'less',
          config: { name: 'less' },
          inbound_nodes: [
            [
              ['relu', 0, 0, {}],
              ['picture', 0, 0, {}],
            ],
          ],
        },
      ],
      input_layers: [['picture', 0, 0]],
      output_layers: [['less', 0, 0]],
    },
  };
  const expected = pictures.map((each) => Math.max(0, each) - each);
  await expectGives(folder, json, new Map(), { pictures, shape: BATCH, expected });
});

test('Multiply spreads one number for each channel over the picture, whether it has the dimensions or not', async () => {
  const picture = input({ shape: [...SHAPE] });
  const pooled = layers.globalAveragePooling2d({ name: 'pool' }).apply(picture) as SymbolicTensor;
  const whole = layers.reshape({ name: 'whole', targetShape: [1, 1, 4] }).apply(pooled) as SymbolicTensor;
  const scaled = layers.multiply({ name: 'scaled' }).apply([picture, whole]) as SymbolicTensor;
  await expectSame(folder, model({ inputs: picture, outputs: scaled }));
});

test('Rescaling and Normalization are told where they come first, and not where they come later', async () => {
  const mean = { ...madeUpWeight('mean', [4], 1) };
  const variance = { ...madeUpWeight('variance', [4], 2) };
  const rescaling = (name: string) => ({ class_name: 'Rescaling', config: { name, scale: 0.25, offset: -1 } });
  const normalization = (name: string) => ({
    class_name: 'Normalization',
    config: { name, axis: [-1], mean: null, variance: null },
  });
  const normal = (x: tf.Tensor) => tf.div(tf.sub(x, tf.tensor1d(mean.values)), tf.sqrt(tf.tensor1d(variance.values)));
  const scaled = (x: tf.Tensor) => tf.sub(tf.mul(x, 0.25), 1);
  const weights = new Map([['norm', [mean, variance]]]);
  const first = await expectFormula((x) => normal(scaled(x)), [rescaling('scale'), normalization('norm')], weights);
  expect(first.conversion.preprocessing).toEqual([
    { kind: 'rescaling', scale: [0.25], offset: [-1] },
    { kind: 'normalization', mean: [...mean.values], variance: [...variance.values] },
  ]);
  const relu = { class_name: 'ReLU', config: { name: 'relu' } };
  const later = await expectFormula((x) => normal(tf.relu(x)), [relu, normalization('norm')], weights);
  expect(later.conversion.preprocessing).toEqual([]);
});

test('Rescaling and Normalization by numbers of their own for each channel', async () => {
  const config = { name: 'norm', axis: -1, mean: [[[[1, 2, 3, 4]]]], variance: [[[[1, 4, 9, 0]]]] };
  const scale = { class_name: 'Rescaling', config: { name: 'scale', scale: [1, 2, 3, 4], offset: [0, 0, 1, 1] } };
  await expectFormula(
    (x) => tf.div(tf.sub(tf.add(tf.mul(x, [1, 2, 3, 4]), [0, 0, 1, 1]), [1, 2, 3, 4]), [1, 2, 3, 1e-7]),
    [scale, { class_name: 'Normalization', config }],
  );
  await expectFormula(
    (x) => tf.div(tf.sub(x, 3), 2),
    [{ class_name: 'Normalization', config: { name: 'norm', axis: null, mean: 3, variance: 4 } }],
  );
});

test.each<[string, Json, (x: tf.Tensor4D) => tf.Tensor]>([
  ['larger, bilinear', { height: 11, width: 9 }, (x) => tf.image.resizeBilinear(x, [11, 9], false, true)],
  [
    'smaller, bilinear',
    { height: 4, width: 2, interpolation: 'bilinear' },
    (x) => tf.image.resizeBilinear(x, [4, 2], false, true),
  ],
  [
    'larger, nearest',
    { height: 11, width: 9, interpolation: 'nearest' },
    (x) => tf.image.resizeNearestNeighbor(x, [11, 9], false, true),
  ],
  [
    'smaller, nearest',
    { height: 4, width: 3, interpolation: 'nearest' },
    (x) => tf.image.resizeNearestNeighbor(x, [4, 3], false, true),
  ],
  [
    'cropped to its shape',
    { height: 3, width: 3, crop_to_aspect_ratio: true },
    (x) => tf.image.resizeBilinear(tf.slice(x, [0, 0, 0, 0], [2, 5, 5, 4]), [3, 3], false, true),
  ],
])('Resizing: %s', async (_what, config, formula) => {
  const { conversion } = await expectFormula(formula, [{ class_name: 'Resizing', config: { name: 'size', ...config } }]);
  expect(conversion.preprocessing).toEqual([{ kind: 'resizing', height: config['height'], width: config['width'] }]);
});

test('UpSampling2D, bilinear: pixels lie at their centres', async () => {
  const entry = { class_name: 'UpSampling2D', config: { name: 'up', size: [2, 3], interpolation: 'bilinear' } };
  await expectFormula((x) => tf.image.resizeBilinear(x, [12, 15], false, true), [entry]);
});
