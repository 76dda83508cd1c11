// Small nets made of the blocks of the families in keras.applications, with made-up weights: what they say is what the second
// implementation says.
import { expect, test } from 'vitest';
import { expectSame, testFolder } from './support/conversions.js';
import { input, layers, model, type LayersModel, type SymbolicTensor } from './support/second-implementation.js';

const folder = testFolder();
const CLASSES = 7;

type Step = (value: SymbolicTensor) => SymbolicTensor;

/** Names layers as keras.applications does, by what they are and where. */
function net(shape: [number, number, number], build: (picture: SymbolicTensor) => SymbolicTensor): LayersModel {
  const picture = input({ shape, name: 'picture' });
  return model({ inputs: picture, outputs: build(picture), name: 'net' });
}

const apply = (layer: layers.Layer, value: SymbolicTensor | SymbolicTensor[]) => layer.apply(value) as SymbolicTensor;
const through = (value: SymbolicTensor, ...steps: readonly Step[]) => steps.reduce((each, step) => step(each), value);

const conv =
  (
    name: string,
    filters: number,
    kernelSize: number | [number, number],
    options: { strides?: number; padding?: 'same' | 'valid'; useBias?: boolean } = {},
  ): Step =>
  (value) =>
    apply(layers.conv2d({ name, filters, kernelSize, padding: 'same', useBias: false, ...options }), value);
const depthwise =
  (name: string, kernelSize: number, strides = 1, padding: 'same' | 'valid' = 'same'): Step =>
  (value) =>
    apply(layers.depthwiseConv2d({ name, kernelSize, strides, padding, useBias: false }), value);
const separable =
  (name: string, filters: number): Step =>
  (value) =>
    apply(layers.separableConv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false }), value);
const norm =
  (name: string, epsilon = 1e-3): Step =>
  (value) =>
    apply(layers.batchNormalization({ name, epsilon }), value);
const act =
  (name: string, activation: 'relu' | 'relu6' | 'swish' | 'hardSigmoid' | 'sigmoid' | 'softmax' = 'relu'): Step =>
  (value) =>
    apply(layers.activation({ name, activation }), value);
const relu6 =
  (name: string): Step =>
  (value) =>
    apply(layers.reLU({ name, maxValue: 6 }), value);
const pad =
  (name: string, padding: number | [[number, number], [number, number]]): Step =>
  (value) =>
    apply(layers.zeroPadding2d({ name, padding: padding as number }), value);
const maxPool =
  (name: string, poolSize: number, strides: number, padding: 'same' | 'valid' = 'valid'): Step =>
  (value) =>
    apply(layers.maxPooling2d({ name, poolSize, strides, padding }), value);
const averagePool =
  (name: string, poolSize: number, strides: number, padding: 'same' | 'valid' = 'valid'): Step =>
  (value) =>
    apply(layers.averagePooling2d({ name, poolSize, strides, padding }), value);
const sum = (name: string, ...values: SymbolicTensor[]) => apply(layers.add({ name }), values);
const join = (name: string, ...values: SymbolicTensor[]) => apply(layers.concatenate({ name }), values);
const product = (name: string, ...values: SymbolicTensor[]) => apply(layers.multiply({ name }), values);

/** What most families end in. */
const head: Step = (value) =>
  through(
    value,
    (each) => apply(layers.globalAveragePooling2d({ name: 'avg_pool' }), each),
    (each) => apply(layers.dropout({ name: 'top_dropout', rate: 0.2 }), each),
    (each) => apply(layers.dense({ name: 'predictions', units: CLASSES, activation: 'softmax' }), each),
  );

/** Squeeze and excite: each channel is weighed by what all of the picture says. */
const excited =
  (name: string, channels: number, gate: 'sigmoid' | 'hardSigmoid'): Step =>
  (value) => {
    const weights = through(
      value,
      (each) => apply(layers.globalAveragePooling2d({ name: `${name}_squeeze` }), each),
      (each) => apply(layers.reshape({ name: `${name}_reshape`, targetShape: [1, 1, channels] }), each),
      conv(`${name}_reduce`, Math.max(1, channels / 4), 1, { useBias: true }),
      act(`${name}_act`, gate === 'sigmoid' ? 'swish' : 'relu'),
      conv(`${name}_expand`, channels, 1, { useBias: true }),
      act(`${name}_gate`, gate),
    );
    return product(`${name}_excite`, value, weights);
  };

const FAMILIES: Readonly<Record<string, () => LayersModel>> = {
  'MobileNet v1': () =>
    net([33, 32, 3], (picture) =>
      through(
        picture,
        conv('conv1', 8, 3, { strides: 2 }),
        norm('conv1_bn'),
        relu6('conv1_relu'),
        pad('conv_pad_2', [
          [0, 1],
          [0, 1],
        ]),
        depthwise('conv_dw_2', 3, 2, 'valid'),
        norm('conv_dw_2_bn'),
        relu6('conv_dw_2_relu'),
        conv('conv_pw_2', 16, 1),
        norm('conv_pw_2_bn'),
        relu6('conv_pw_2_relu'),
        (each) => apply(layers.globalAveragePooling2d({ name: 'global_average_pooling2d' }), each),
        (each) => apply(layers.reshape({ name: 'reshape_1', targetShape: [1, 1, 16] }), each),
        (each) => apply(layers.dropout({ name: 'dropout', rate: 0.001 }), each),
        conv('conv_preds', CLASSES, 1, { useBias: true }),
        (each) => apply(layers.reshape({ name: 'reshape_2', targetShape: [CLASSES] }), each),
        act('predictions', 'softmax'),
      ),
    ),
  'MobileNet v2': () =>
    net([32, 32, 3], (picture) => {
      const stem = through(picture, conv('Conv1', 8, 3, { strides: 2 }), norm('bn_Conv1', 1e-3), relu6('Conv1_relu'));
      const block = through(
        stem,
        conv('block_1_expand', 24, 1),
        norm('block_1_expand_BN'),
        relu6('block_1_expand_relu'),
        depthwise('block_1_depthwise', 3),
        norm('block_1_depthwise_BN'),
        relu6('block_1_depthwise_relu'),
        conv('block_1_project', 8, 1),
        norm('block_1_project_BN'),
      );
      return head(sum('block_1_add', stem, block));
    }),
  'MobileNet v3': () =>
    net([32, 30, 3], (picture) => {
      const hardSwish =
        (name: string): Step =>
        (value) =>
          product(`${name}_multiply`, value, act(`${name}_hard_sigmoid`, 'hardSigmoid')(value));
      const stem = through(picture, conv('conv', 8, 3, { strides: 2 }), norm('conv_bn'), hardSwish('conv'));
      const block = through(
        stem,
        conv('expand', 16, 1),
        norm('expand_bn'),
        hardSwish('expand'),
        pad('pad', [
          [1, 2],
          [1, 2],
        ]),
        depthwise('depthwise', 5, 2, 'valid'),
        norm('depthwise_bn'),
        hardSwish('depthwise'),
        excited('squeeze_excite', 16, 'hardSigmoid'),
        conv('project', 8, 1),
        norm('project_bn'),
      );
      return head(block);
    }),
  'EfficientNet, with Rescaling and MBConv': () =>
    net([29, 31, 3], (picture) => {
      const stem = through(
        picture,
        (each) => apply(layers.rescaling({ name: 'rescaling', scale: 1 / 2, offset: 0.1 }), each),
        pad('stem_conv_pad', [
          [0, 1],
          [0, 1],
        ]),
        conv('stem_conv', 8, 3, { strides: 2, padding: 'valid' }),
        norm('stem_bn'),
        act('stem_activation', 'swish'),
      );
      const block = through(
        stem,
        conv('block_expand_conv', 32, 1),
        norm('block_expand_bn'),
        act('block_expand_activation', 'swish'),
        depthwise('block_dwconv', 5),
        norm('block_bn'),
        act('block_activation', 'swish'),
        excited('block_se', 32, 'sigmoid'),
        conv('block_project_conv', 8, 1),
        norm('block_project_bn'),
        (each) => apply(layers.dropout({ name: 'block_drop', rate: 0.2 }), each),
      );
      return head(sum('block_add', block, stem));
    }),
  'ResNet v1': () =>
    net([33, 35, 3], (picture) => {
      const stem = through(
        picture,
        pad('conv1_pad', 3),
        conv('conv1_conv', 8, 7, { strides: 2, padding: 'valid', useBias: true }),
        norm('conv1_bn', 1.001e-5),
        act('conv1_relu'),
        pad('pool1_pad', 1),
        maxPool('pool1_pool', 3, 2),
      );
      const shortcut = through(
        stem,
        conv('block1_0_conv', 16, 1, { strides: 2, padding: 'valid', useBias: true }),
        norm('block1_0_bn', 1.001e-5),
      );
      const block = through(
        stem,
        conv('block1_1_conv', 4, 1, { strides: 2, padding: 'valid', useBias: true }),
        norm('block1_1_bn', 1.001e-5),
        act('block1_1_relu'),
        conv('block1_2_conv', 4, 3, { useBias: true }),
        norm('block1_2_bn', 1.001e-5),
        act('block1_2_relu'),
        conv('block1_3_conv', 16, 1, { useBias: true }),
        norm('block1_3_bn', 1.001e-5),
      );
      return head(act('block1_out')(sum('block1_add', shortcut, block)));
    }),
  'ResNet v2, which normalises first': () =>
    net([32, 32, 3], (picture) => {
      const stem = through(picture, conv('stem', 8, 7, { strides: 2, useBias: true }), maxPool('pool', 3, 2, 'same'));
      const before = through(stem, norm('preact_bn'), act('preact_relu'));
      const shortcut = maxPool('shortcut', 1, 2)(stem);
      const block = through(
        before,
        conv('conv_1', 4, 1),
        norm('bn_1'),
        act('relu_1'),
        pad('pad_2', 1),
        conv('conv_2', 4, 3, { strides: 2, padding: 'valid' }),
        norm('bn_2'),
        act('relu_2'),
        conv('conv_3', 8, 1, { useBias: true }),
      );
      return head(through(sum('out', shortcut, block), norm('post_bn'), act('post_relu')));
    }),
  'DenseNet, which joins what came before': () =>
    net([24, 24, 3], (picture) => {
      let value = through(picture, conv('stem', 8, 3), norm('stem_bn'), act('stem_relu'));
      for (const name of ['block1', 'block2', 'block3']) {
        const grown = through(
          value,
          norm(`${name}_0_bn`, 1.001e-5),
          act(`${name}_0_relu`),
          conv(`${name}_1_conv`, 16, 1),
          norm(`${name}_1_bn`, 1.001e-5),
          act(`${name}_1_relu`),
          conv(`${name}_2_conv`, 4, 3),
        );
        value = join(`${name}_concat`, value, grown);
      }
      return head(
        through(
          value,
          norm('transition_bn'),
          act('transition_relu'),
          conv('transition_conv', 10, 1),
          averagePool('transition_pool', 2, 2),
          norm('bn'),
          act('relu'),
        ),
      );
    }),
  'Inception, with its branches': () =>
    net([27, 27, 3], (picture) => {
      const unit =
        (name: string, filters: number, kernel: number | [number, number], options = {}): Step =>
        (value) =>
          through(
            value,
            conv(name, filters, kernel, options),
            (each) => apply(layers.batchNormalization({ name: `${name}_bn`, scale: false }), each),
            act(`${name}_act`),
          );
      const stem = unit('stem', 8, 3, { strides: 2, padding: 'valid' })(picture);
      const factored = through(stem, unit('b7_1', 4, 1), unit('b7_2', 6, [1, 7]), unit('b7_3', 8, [7, 1]));
      const pooled = through(stem, averagePool('pool', 3, 1, 'same'), unit('pool_conv', 4, 1));
      const mixed = join(
        'mixed0',
        unit('b1', 5, 1)(stem),
        through(stem, unit('b5_1', 4, 1), unit('b5_2', 6, 5)),
        factored,
        pooled,
      );
      const reduced = join('mixed1', unit('r3', 6, 3, { strides: 2, padding: 'valid' })(mixed), maxPool('rpool', 3, 2)(mixed));
      return head(reduced);
    }),
  'Xception, separable with residuals': () =>
    net([31, 33, 1], (picture) => {
      const stem = through(
        picture,
        conv('block1_conv1', 8, 3, { strides: 2, padding: 'valid' }),
        norm('block1_conv1_bn'),
        act('block1_conv1_act'),
      );
      const residual = through(stem, conv('conv2d', 12, 1, { strides: 2 }), norm('batch_normalization'));
      const block = through(
        stem,
        separable('block2_sepconv1', 12),
        norm('block2_sepconv1_bn'),
        act('block2_sepconv2_act'),
        separable('block2_sepconv2', 12),
        norm('block2_sepconv2_bn'),
        maxPool('block2_pool', 3, 2, 'same'),
      );
      return head(sum('add', block, residual));
    }),
  'VGG, which flattens': () =>
    net([16, 18, 3], (picture) =>
      through(
        picture,
        (each) =>
          apply(layers.conv2d({ name: 'block1_conv1', filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }), each),
        maxPool('block1_pool', 2, 2),
        (each) => apply(layers.flatten({ name: 'flatten' }), each),
        (each) => apply(layers.dense({ name: 'fc1', units: 20, activation: 'relu' }), each),
        (each) => apply(layers.dense({ name: 'predictions', units: CLASSES, activation: 'softmax' }), each),
      ),
    ),
};

test.each(Object.entries(FAMILIES))('%s', async (_name, build) => {
  const { conversion } = await expectSame(folder, build());
  expect(conversion.classes).toBe(CLASSES);
  expect(conversion.activation).toBe('softmax');
});
