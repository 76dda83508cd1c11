// The forms in which Keras of different ages writes a model down: all of them give the same net.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import proto from 'onnx-proto';
import { expect, test } from 'vitest';
import { convertKeras, type KerasConversion } from '../../../models/keras/convert-keras.js';
import { sha256OfFile } from '../../../models/hash.js';
import { testFolder } from './support/conversions.js';
import { asKeras3, kerasTensor, type ModelJson } from './support/keras3-json.js';
import { saveH5, saveKeras, type Json, type SavedWeight } from './support/keras-files.js';
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
  type Layer,
  type LayersModel,
  type SymbolicTensor,
} from './support/second-implementation.js';

const folder = testFolder();
const SHAPE = [2, 12, 10, 3];
const pictures = madeUpNumbers(2 * 12 * 10 * 3, 11);

/** Two convolutions, of which the second stands in a model within the model that is called on its own. */
function nestedNet(): LayersModel {
  const inner = input({ shape: [12, 10, 3], name: 'inner_input' });
  const c1 = layers
    .conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same', useBias: false })
    .apply(inner) as SymbolicTensor;
  const n1 = layers.batchNormalization({ name: 'bn' }).apply(c1) as SymbolicTensor;
  const base = model({ inputs: inner, outputs: layers.reLU({ name: 'relu' }).apply(n1) as SymbolicTensor, name: 'base' });
  const picture = input({ shape: [12, 10, 3], name: 'picture' });
  const scaled = layers.rescaling({ name: 'rescaling', scale: 0.5, offset: 0.25 }).apply(picture) as SymbolicTensor;
  const features = base.apply(scaled) as SymbolicTensor;
  const c2 = layers
    .conv2d({ name: 'conv_b', filters: 5, kernelSize: 3, strides: 2, activation: 'relu' })
    .apply(features) as SymbolicTensor;
  const c3 = layers.conv2d({ name: 'conv_a', filters: 5, kernelSize: 1 }).apply(c2) as SymbolicTensor;
  const joined = layers.add({ name: 'add' }).apply([c2, c3]) as SymbolicTensor;
  const flat = layers.flatten({ name: 'flatten' }).apply(joined) as SymbolicTensor;
  const output = layers.dense({ name: 'answer', units: 1, activation: 'sigmoid' }).apply(flat) as SymbolicTensor;
  return model({ inputs: picture, outputs: output, name: 'outer' });
}

async function expectNet(path: string, net: LayersModel): Promise<KerasConversion> {
  const to = join(folder, 'net.onnx');
  const conversion = await convertKeras(path, to);
  const result = await resultOf(to, pictures, SHAPE);
  expectClose(result.data as Float32Array, expectedOf(net, pictures, SHAPE));
  return conversion;
}

/** Where Keras 3 puts the weights of the net above: `conv_a` comes after `conv_b` in the net and is named after its class alone. */
const PLACES = new Map([
  ['base/conv', 'layers/functional/layers/conv2d'],
  ['base/bn', 'layers/functional/layers/batch_normalization'],
  ['conv_b', 'layers/conv2d'],
  ['conv_a', 'layers/conv2d_1'],
  ['answer', 'layers/dense'],
]);

test('an .h5 file of Keras 2, with a model within', async () => {
  const net = nestedNet();
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'keras2.h5');
  await saveH5(path, jsonOf(net), weights);
  const conversion = await expectNet(path, net);
  const to = join(folder, 'net.onnx');
  expect(conversion).toEqual({
    input: { name: 'picture', height: 12, width: 10, channels: 3 },
    output: { name: 'answer', shape: [1] },
    classes: 1,
    activation: 'sigmoid',
    preprocessing: [{ kind: 'rescaling', scale: [0.5], offset: [0.25] }],
    kerasVersion: '2.13.1',
    layers: 11,
    parameters: net.countParams(),
    sha256: await sha256OfFile(to),
    bytes: readFileSync(to).length,
  });
});

test('an .h5 file of Keras 3, whose layers name tensors', async () => {
  const net = nestedNet();
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'keras3.h5');
  await saveH5(path, asKeras3(jsonOf(net)), weights, { version: '3.4.1' });
  await expectNet(path, net);
});

test('a .keras file of Keras 3, whose weights are found by their places', async () => {
  const net = nestedNet();
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'net.keras');
  await saveKeras(path, asKeras3(jsonOf(net)), weights, PLACES);
  const conversion = await expectNet(path, net);
  expect(conversion.kerasVersion).toBe('3.4.1');
  expect(conversion.parameters).toBe(net.countParams());
});

test('a .keras file of Keras 2.12, which calls its layers dependencies and leaves gaps in their numbers', async () => {
  const net = nestedNet();
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'old.keras');
  const old = [...PLACES].map(([layer, place]): [string, string] => [
    layer,
    place
      .replace(/^layers/, '_layer_checkpoint_dependencies')
      .replace('/layers/', '/_layer_checkpoint_dependencies/')
      .replace('conv2d_1', 'conv2d_2'),
  ]);
  const json = JSON.parse(JSON.stringify(jsonOf(net)).replaceAll('"class_name":"Model"', '"class_name":"Functional"')) as Json;
  await saveKeras(path, json, weights, new Map(old), '2.12.0');
  await expectNet(path, net);
});

test('what a file is, is told by its content and not by its name', async () => {
  const net = nestedNet();
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'model.h5');
  await saveKeras(path, asKeras3(jsonOf(net)), weights, PLACES);
  await expectNet(path, net);
});

test('a model that is called twice has its weights once', async () => {
  const inner = input({ shape: [12, 10, 3], name: 'inner_input' });
  const normed = layers
    .batchNormalization({ name: 'bn' })
    .apply(layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, padding: 'same' }).apply(inner)) as SymbolicTensor;
  const base = model({ inputs: inner, outputs: normed, name: 'base' });
  const picture = input({ shape: [12, 10, 3], name: 'picture' });
  const once = base.apply(picture) as SymbolicTensor;
  const twice = base.apply(once) as SymbolicTensor;
  const net = model({
    inputs: picture,
    outputs: layers.add({ name: 'both' }).apply([once, twice]) as SymbolicTensor,
    name: 'outer',
  });
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'twice.h5');
  await saveH5(path, jsonOf(net), weights);
  const conversion = await expectNet(path, net);
  expect(conversion.parameters).toBe(net.countParams());
});

/** A Sequential in the words of Keras 2.0 and of Keras 3, without an input layer. */
test.each<[string, (entries: Json[]) => Json]>([
  ['as a list of layers, as before Keras 2.2.3', (entries) => ({ class_name: 'Sequential', config: entries })],
  ['with the input in its first layer', (entries) => ({ class_name: 'Sequential', config: { name: 'net', layers: entries } })],
])('a Sequential %s', async (_what, write) => {
  const net = layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3, inputShape: [12, 10, 3] });
  const picture = input({ shape: [12, 10, 3] });
  const whole = model({ inputs: picture, outputs: net.apply(picture) as SymbolicTensor });
  const weights = withMadeUpWeights(whole);
  const entry = {
    class_name: 'Conv2D',
    config: { name: 'conv', filters: 2, kernel_size: [3, 3], batch_input_shape: [null, 12, 10, 3] },
  };
  const path = join(folder, 'sequential.h5');
  await saveH5(path, write([entry]), weights);
  const conversion = await expectNet(path, whole);
  expect(conversion.input).toEqual({ name: 'input', height: 12, width: 10, channels: 3 });
});

test('a Sequential that begins with a model, as in transfer learning', async () => {
  const base = jsonOf(nestedNet()) as unknown as ModelJson;
  const inner = base.config.layers.find(({ config }) => config['name'] === 'base');
  const picture = input({ shape: [12, 10, 3], name: 'inner_input' });
  const conv = layers
    .conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same', useBias: false })
    .apply(picture) as SymbolicTensor;
  const features = layers.reLU({ name: 'relu' }).apply(layers.batchNormalization({ name: 'bn' }).apply(conv)) as SymbolicTensor;
  const pooled = layers.globalAveragePooling2d({ name: 'pool' }).apply(features) as SymbolicTensor;
  const net = model({ inputs: picture, outputs: layers.dense({ name: 'top', units: 3 }).apply(pooled) as SymbolicTensor });
  const flat = withMadeUpWeights(net);
  const weights = new Map([...flat].map(([name, saved]) => [name === 'top' ? name : `base/${name}`, saved]));
  const json = {
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [
        inner,
        { class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } },
        { class_name: 'Dense', config: { name: 'top', units: 3 } },
      ],
    },
  };
  const path = join(folder, 'transfer.h5');
  await saveH5(path, json, weights);
  await expectNet(path, net);
});

test('hard swish as MobileNet v3 has it: functions of TensorFlow in Keras 2, plain operators in Keras 3', async () => {
  const expected = tf.tidy(() => {
    const x = tf.tensor(pictures, SHAPE);
    return tf.mul(x, tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6)).dataSync() as Float32Array;
  });
  const inputLayer = (shape: Json) => ({
    class_name: 'InputLayer',
    name: 'picture',
    config: { name: 'picture', ...shape },
    inbound_nodes: [],
  });
  const layer = (className: string, name: string, config: Json, nodes: unknown[]) => ({
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: nodes,
  });
  const keras2 = {
    class_name: 'Functional',
    config: {
      name: 'net',
      layers: [
        inputLayer({ batch_input_shape: [null, 12, 10, 3] }),
        layer('TFOpLambda', 'plus', { function: '__operators__.add' }, [['picture', 0, 0, { y: 3, name: null }]]),
        layer('ReLU', 'relu', { max_value: 6 }, [[['plus', 0, 0, {}]]]),
        layer('TFOpLambda', 'sixth', { function: 'math.multiply' }, [['relu', 0, 0, { y: 1 / 6, name: null }]]),
        layer('Multiply', 'swish', {}, [
          [
            ['picture', 0, 0, {}],
            ['sixth', 0, 0, {}],
          ],
        ]),
      ],
      input_layers: [['picture', 0, 0]],
      output_layers: [['swish', 0, 0]],
    },
  };
  const keras3 = {
    class_name: 'Functional',
    config: {
      name: 'net',
      layers: [
        inputLayer({ batch_shape: [null, 12, 10, 3] }),
        { ...layer('Add', 'plus', {}, [{ args: [kerasTensor('picture'), 3], kwargs: {} }]), module: 'keras.src.ops.numpy' },
        layer('ReLU', 'relu', { max_value: 6, negative_slope: 0, threshold: 0 }, [{ args: [kerasTensor('plus')], kwargs: {} }]),
        {
          ...layer('Multiply', 'sixth', {}, [{ args: [kerasTensor('relu'), 1 / 6], kwargs: {} }]),
          module: 'keras.src.ops.numpy',
        },
        layer('Multiply', 'swish', {}, [{ args: [[kerasTensor('picture'), kerasTensor('sixth')]], kwargs: {} }]),
      ],
      input_layers: [['picture', 0, 0]],
      output_layers: [['swish', 0, 0]],
    },
  };
  for (const json of [keras2, keras3]) {
    const [from, to] = [join(folder, 'swish.h5'), join(folder, 'swish.onnx')];
    await saveH5(from, json, new Map());
    await convertKeras(from, to);
    expectClose((await resultOf(to, pictures, SHAPE)).data as Float32Array, expected);
  }
});

test('the graph has a free batch, sizes that are fixed, and one turn of the picture', async () => {
  const net = nestedNet();
  const path = join(folder, 'graph.h5');
  await saveH5(path, jsonOf(net), withMadeUpWeights(net));
  const to = join(folder, 'graph.onnx');
  await convertKeras(path, to);
  const { graph } = proto.onnx.ModelProto.decode(readFileSync(to));
  const dims = graph?.input?.[0]?.type?.tensorType?.shape?.dim?.map((dim) => dim.dimParam || Number(dim.dimValue));
  expect(dims).toEqual(['batch', 12, 10, 3]);
  const types = graph?.node?.map(({ opType }) => opType) ?? [];
  // One in, one out again for Flatten; BatchNormalization is in the convolution.
  expect(types.filter((type) => type === 'Transpose')).toHaveLength(2);
  expect(types).not.toContain('BatchNormalization');
});

test('a size that the model leaves free is given by who converts', async () => {
  const net = nestedNet();
  const json = JSON.parse(
    JSON.stringify(jsonOf(net)).replaceAll('"batch_input_shape":[null,12,10,3]', '"batch_input_shape":[null,null,null,3]'),
  ) as Json;
  const path = join(folder, 'free.h5');
  await saveH5(path, json, withMadeUpWeights(net));
  const to = join(folder, 'free.onnx');
  await expect(convertKeras(path, to)).rejects.toMatchObject({
    code: 'BAD_MODEL',
    message: 'free.h5 cannot be converted: outer (Model) leaves the height of its input free, so a size has to be given',
  });
  const { input: size } = await convertKeras(path, to, { height: 12, width: 10 });
  expect(size).toEqual({ name: 'picture', height: 12, width: 10, channels: 3 });
  expectClose((await resultOf(to, pictures, SHAPE)).data as Float32Array, expectedOf(net, pictures, SHAPE));
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a list of weights that is too long for one attribute is kept in parts', async () => {
  const net = nestedNet();
  const weights = withMadeUpWeights(net);
  const path = join(folder, 'parts.h5');
  await saveH5(path, jsonOf(net), weights, { namesInParts: true });
  await expectNet(path, net);
});

test('a Sequential within a model of Keras 3, which counts its calls from 0', async () => {
  const expected = pictures.map((each) => Math.max(0, each * 2 - 1));
  const augmentation = {
    class_name: 'Sequential',
    name: 'augmentation',
    config: {
      name: 'augmentation',
      layers: [
        { class_name: 'InputLayer', config: { name: 'inside', batch_shape: [null, 12, 10, 3] } },
        { class_name: 'RandomFlip', config: { name: 'flip', mode: 'horizontal' } },
        { class_name: 'Rescaling', config: { name: 'scale', scale: 2, offset: -1 } },
      ],
    },
    inbound_nodes: [{ args: [kerasTensor('picture')], kwargs: { training: false, mask: null } }],
  };
  const relu = {
    class_name: 'ReLU',
    name: 'relu',
    config: { name: 'relu' },
    inbound_nodes: [{ args: [kerasTensor('augmentation')], kwargs: {} }],
  };
  const picture = {
    class_name: 'InputLayer',
    name: 'picture',
    config: { name: 'picture', batch_shape: [null, 12, 10, 3] },
    inbound_nodes: [],
  };
  const config = {
    name: 'net',
    layers: [picture, augmentation, relu],
    input_layers: [['picture', 0, 0]],
    output_layers: [['relu', 0, 0]],
  };
  const [from, to] = [join(folder, 'within.h5'), join(folder, 'within.onnx')];
  await saveH5(from, { class_name: 'Functional', config }, new Map(), { version: '3.4.1' });
  const { preprocessing } = await convertKeras(from, to);
  expect(preprocessing).toEqual([{ kind: 'rescaling', scale: [2], offset: [-1] }]);
  expectClose((await resultOf(to, pictures, SHAPE)).data as Float32Array, expected);
});

test('a layer whose name looks like a place within a model keeps its own weights', async () => {
  const inner = input({ shape: [12, 10, 3], name: 'inner_input' });
  const convIn = layers.conv2d({ name: 'conv', filters: 3, kernelSize: 1 });
  const block = model({ inputs: inner, outputs: convIn.apply(inner) as SymbolicTensor, name: 'block' });
  const picture = input({ shape: [12, 10, 3], name: 'picture' });
  const first = block.apply(picture) as SymbolicTensor;
  const second = layers.conv2d({ name: 'block/conv', filters: 3, kernelSize: 1 }).apply(first) as SymbolicTensor;
  const net = model({ inputs: picture, outputs: second, name: 'net' });
  const weights = withMadeUpWeights(net);
  const [own] = net.layers.slice(-1);
  // The file's groups would be one for both in HDF5, so the second has its weights by place.
  const path = join(folder, 'slash.keras');
  const saved = new Map(
    [
      ['inner', convIn],
      ['outer', own],
    ].map(([name, layer]) => [name as string, weightsNow(layer as Layer)]),
  );
  const json = JSON.parse(JSON.stringify(asKeras3(jsonOf(net)))) as Json;
  await saveKeras(
    path,
    json,
    saved,
    new Map([
      ['inner', 'layers/functional/layers/conv2d'],
      ['outer', 'layers/conv2d'],
    ]),
  );
  expect(weights.size).toBe(1);
  await expectNet(path, net);
});

function weightsNow(layer: Layer): SavedWeight[] {
  return layer.weights.map(({ originalName, shape }, at) => ({
    name: originalName,
    shape: shape as number[],
    values: layer.getWeights()[at]?.dataSync() as Float32Array,
  }));
}
