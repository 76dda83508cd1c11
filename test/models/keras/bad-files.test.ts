// Files that are no good, by accident or made to do harm: each is told with its name and what is wrong, and nothing is left behind.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { File, ready } from 'h5wasm/node';
import { expect, test } from 'vitest';
import { convertKeras } from '../../../models/keras/convert-keras.js';
import { ModelError } from '../../../models/model-error.js';
import { sequentialOf, testFolder } from './support/conversions.js';
import { saveH5, saveKeras, zip, type Json, type SavedWeight, type SavedWeights, type ZipEntry } from './support/keras-files.js';
import { madeUpWeight } from './support/second-implementation.js';

const folder = testFolder();
const conv = (config: Json = {}): Json => ({
  class_name: 'Conv2D',
  config: { name: 'conv', filters: 4, kernel_size: [3, 3], ...config },
});
const kernel = madeUpWeight('kernel', [3, 3, 3, 4], 1);
const bias = madeUpWeight('bias', [4], 2);
const weightsOf = (...saved: readonly SavedWeight[]): SavedWeights => new Map([['conv', saved]]);
const good = sequentialOf([8, 8, 3], conv());

/** Converts a file that must be refused, over a result that is there already. @returns what is said of it */
async function refusalOf(path: string): Promise<string> {
  const to = join(folder, 'result.onnx');
  writeFileSync(to, 'what was there before');
  const error: unknown = await convertKeras(path, to).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelError);
  expect(readFileSync(to, 'utf8')).toBe('what was there before');
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  const { code, message } = error as ModelError;
  expect(code).toBe('BAD_MODEL');
  expect(message).not.toContain('\n');
  return message;
}

async function refusalOfH5(
  json: Json | string,
  weights: SavedWeights = weightsOf(kernel, bias),
  name = 'net.h5',
): Promise<string> {
  const path = join(folder, name);
  await saveH5(path, json, weights);
  return refusalOf(path);
}

const inputLayer = {
  class_name: 'InputLayer',
  name: 'x',
  config: { name: 'x', batch_input_shape: [null, 8, 8, 3] },
  inbound_nodes: [],
};
const functional = (layers: Json[], output: string, extra: Json = {}): Json => ({
  class_name: 'Functional',
  config: {
    name: 'net',
    layers: [inputLayer, ...layers],
    input_layers: [['x', 0, 0]],
    output_layers: [[output, 0, 0]],
    ...extra,
  },
});
const relu = (name: string, ...from: string[]): Json => ({
  class_name: 'ReLU',
  name,
  config: { name },
  inbound_nodes: [from.map((each) => [each, 0, 0, {}])],
});

test('a layer that is not known is told with its place; so are the others', async () => {
  const inner = {
    ...functional(
      [{ class_name: 'MyLayer', name: 'my_layer', config: { name: 'my_layer' }, inbound_nodes: [[['x', 0, 0, {}]]] }],
      'my_layer',
    ),
    name: 'block5',
    inbound_nodes: [[['x', 0, 0, {}]]],
  };
  const lambda = {
    class_name: 'Lambda',
    name: 'double',
    config: { name: 'double', function: 'code' },
    inbound_nodes: [[['block5', 1, 0, {}]]],
  };
  const json = functional([inner, lambda], 'double');
  expect(await refusalOfH5(json)).toBe(
    'net.h5 cannot be converted: net > block5 > my_layer (MyLayer) is a layer that is not known; so are net > double (Lambda)',
  );
});

test.each<[string, Json, string]>([
  ['channels first', conv({ data_format: 'channels_first' }), 'data_format: channels_first is not supported'],
  ['a kernel of no size', conv({ kernel_size: [0, 3] }), 'kernel_size'],
  ['a kernel that is no number', conv({ kernel_size: 'three' }), 'kernel_size'],
  ['more filters than any computer has room for', conv({ filters: 1e12 }), 'filters'],
  ['a padding of its own', conv({ padding: 'causal' }), 'padding'],
  [
    'an activation that is not known',
    conv({ activation: 'my_function' }),
    'has the activation "my_function", which is not known',
  ],
  [
    'an activation that is called like a property',
    conv({ activation: 'constructor' }),
    'has the activation "constructor", which is not known',
  ],
  ['groups that do not share', conv({ groups: 2 }), 'cannot share 3 channels and 4 filters out to 2 groups'],
])('%s is told at its layer', async (_what, entry, reason) => {
  const message = await refusalOfH5(sequentialOf([8, 8, 3], entry));
  expect(message).toContain('net.h5 cannot be converted: model > conv (Conv2D) ');
  expect(message).toContain(reason);
});

test('weights that are missing, of another shape, or no numbers', async () => {
  expect(await refusalOfH5(good, weightsOf(kernel))).toContain('model > conv (Conv2D) lacks its weight "bias"');
  expect(await refusalOfH5(good, new Map())).toContain('model > conv (Conv2D) lacks its weight "kernel"');
  const wrong = madeUpWeight('kernel', [3, 3, 4, 3], 1);
  expect(await refusalOfH5(good, weightsOf(wrong, bias))).toContain(
    '(Conv2D) has the weight "kernel" of 3x3x4x3 where 3x3x3x4 is needed',
  );
  const broken = { ...kernel, values: kernel.values.map((each, index) => (index === 7 ? NaN : each)) };
  expect(await refusalOfH5(good, weightsOf(broken, bias))).toContain('is not a finite number');
  const path = join(folder, 'texts.h5');
  await saveH5(path, good, weightsOf(kernel, bias), {
    store: (file, at, { shape, values }) =>
      void file.create_dataset({ name: at, data: [...values].map(String), shape: [...shape] }),
  });
  expect(await refusalOf(path)).toContain('kernel:0 is not of a type of number that is known');
});

test.each<[string, Json | string, string]>([
  ['no JSON', '{"class_name": "Sequential", ', 'its architecture is no JSON'],
  ['JSON of something else', '[1, 2]', 'its architecture has a configuration that cannot be used'],
  [
    'a model that is a class of its own',
    { class_name: 'MyModel', config: {} },
    'it is a MyModel, not a Sequential or Functional model',
  ],
  ['no layers', { class_name: 'Sequential', config: { name: 'model', layers: [] } }, 'model (Sequential) has no layers'],
  [
    'a layer without a class',
    { class_name: 'Sequential', config: { name: 'model', layers: [{ config: {} }] } },
    'model (Sequential) has a configuration that cannot be used: layers.0.class_name',
  ],
  ['two layers of one name', sequentialOf([8, 8, 3], conv(), conv()), 'model > conv (Conv2D) has the name of another layer'],
  [
    'a circle',
    functional([relu('a', 'x', 'c'), relu('b', 'a'), relu('c', 'b')], 'c'),
    'its layers run in a circle, in which net > a (ReLU) is',
  ],
  [
    'a layer that takes its own output',
    functional([relu('a', 'a')], 'a'),
    'its layers run in a circle, in which net > a (ReLU) is',
  ],
  [
    'a layer that takes what is not there',
    functional([relu('a', 'nobody')], 'a'),
    'net > a (ReLU) takes the output of nobody, which is not there',
  ],
  [
    'an output that is not there',
    functional([relu('a', 'x')], 'b'),
    'net (Functional) asks for an output of b that is not there',
  ],
  [
    'no outputs',
    functional([relu('a', 'x')], 'a', { output_layers: [] }),
    'net (Functional) does not say which layers its inputs and outputs are',
  ],
  [
    'two outputs',
    functional([relu('a', 'x')], 'a', {
      output_layers: [
        ['a', 0, 0],
        ['x', 0, 0],
      ],
    }),
    'net (Functional) has 2 outputs, where one is supported',
  ],
  [
    'two inputs',
    functional([relu('a', 'x')], 'a', {
      input_layers: [
        ['a', 0, 0],
        ['x', 0, 0],
      ],
    }),
    'net (Functional) has 2 inputs, where one picture is supported',
  ],
  [
    'an inbound node of another kind',
    functional([{ ...relu('a', 'x'), inbound_nodes: ['x'] }], 'a'),
    'has an inbound node of unknown form, at a',
  ],
  [
    'no picture',
    sequentialOf([10], { class_name: 'Dense', config: { name: 'conv', units: 3 } }),
    'model (Sequential) does not take pictures of height, width and channels',
  ],
  ['a picture of no size', sequentialOf([0, 8, 3], conv()), 'model (Sequential) has an input whose height is 0'],
  ['a picture that is smaller than the window', sequentialOf([2, 8, 3], conv()), 'model > conv gives 0x6x4, which is empty'],
  [
    'a picture that outgrows memory',
    sequentialOf([8, 8, 3], { class_name: 'UpSampling2D', config: { name: 'up', size: [99999, 99999] } }),
    'which is too large to run',
  ],
])('an architecture of %s', async (_what, json, reason) => {
  expect(await refusalOfH5(json)).toContain(reason);
});

test('a small file of models that call each other by the million is refused, not worked out', async () => {
  const callTwice = (inside: Json, name: string): Json => ({
    ...functional(
      [{ ...inside, inbound_nodes: [[['x', 0, 0, {}]], [[inside['name'] as string, 1, 0, {}]]] }],
      inside['name'] as string,
      { output_layers: [[inside['name'], 2, 0]] },
    ),
    name,
  });
  let model: Json = { ...functional([relu('a', 'x')], 'a'), name: 'm0' };
  for (let depth = 1; depth < 18; depth++) model = callTwice(model, `m${depth}`);
  expect(await refusalOfH5(model)).toContain('its layers are called more than 50000 times');
});

test('files that are cut off, damaged or something else', async () => {
  const path = join(folder, 'whole.h5');
  await saveH5(path, good, weightsOf(kernel, bias));
  const whole = readFileSync(path);
  for (const length of [0, 1, 7, 100, whole.length >> 1, whole.length - 1]) {
    const cut = join(folder, 'cut.h5');
    writeFileSync(cut, whole.subarray(0, length));
    expect(await refusalOf(cut)).toMatch(/^cut\.h5 cannot be converted: it cannot be opened as HDF5: /);
  }
  const other = join(folder, 'other.h5');
  writeFileSync(other, readFileSync(import.meta.filename));
  expect(await refusalOf(other)).toContain('file signature not found');
  const weights = join(folder, 'weights.h5');
  await ready;
  const file = new File(weights, 'w');
  file.create_group('conv');
  file.close();
  expect(await refusalOf(weights)).toContain('it holds no model_config: weights alone are not a model');
});

test('compressed weights whose bytes were damaged are told, not taken for numbers', async () => {
  const path = join(folder, 'packed.h5');
  const large = madeUpWeight('kernel', [3, 3, 3, 4], 5);
  await saveH5(path, good, weightsOf(large, bias), {
    store: (file, at, { shape, values }) =>
      void file.create_dataset({ name: at, data: values, shape: [...shape], chunks: [...shape], compression: 9 }),
  });
  const bytes = readFileSync(path);
  // A zlib stream of the highest level begins with these two bytes.
  for (let at = bytes.indexOf('\x78\xda', 0, 'latin1'); at !== -1; at = bytes.indexOf('\x78\xda', at + 1, 'latin1'))
    bytes.fill(0xff, at + 8, at + 24);
  writeFileSync(path, bytes);
  expect(await refusalOf(path)).toMatch(/cannot be read: .*(inflate|filter|decompress)/);
});

test('any byte of a file may be wrong: what comes of it is a net that works or a refusal that says so', async () => {
  const path = join(folder, 'fuzzed.h5');
  await saveH5(path, good, weightsOf(kernel, bias));
  const whole = readFileSync(path);
  const to = join(folder, 'fuzzed.onnx');
  for (let round = 0; round < 60; round++) {
    const bytes = Buffer.from(whole);
    for (let each = 0; each < 4; each++) bytes[(round * 7919 + each * 104729) % bytes.length] = (round * 31 + each * 77) % 256;
    writeFileSync(path, bytes);
    const error: unknown = await convertKeras(path, to).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error !== undefined) expect(error).toMatchObject({ name: 'ModelError', code: 'BAD_MODEL' });
  }
});

test('HDF5 that names another file as the home of its weights does not get that file read', async () => {
  const secret = join(folder, 'secret.h5');
  await saveH5(secret, good, weightsOf(kernel, bias));
  const path = join(folder, 'outward.h5');
  await saveH5(path, good, new Map());
  const file = new File(path, 'a');
  file.create_external_link(secret, '/model_weights/conv', 'model_weights/conv');
  file.close();
  expect(await refusalOf(path)).toContain('lacks its weight "kernel"');
});

test('weights that are declared far larger than the file are not unpacked', async () => {
  const path = join(folder, 'bomb.h5');
  const zeros = { name: 'kernel', shape: [2048, 4096], values: new Float32Array(2048 * 4096) };
  const json = sequentialOf([1, 1, 2048], { class_name: 'Dense', config: { name: 'conv', units: 4096, use_bias: false } });
  await saveH5(path, json, weightsOf(zeros), {
    store: (each, at, { shape, values }) =>
      void each.create_dataset({ name: at, data: values, shape: [...shape], chunks: [...shape], compression: 9 }),
  });
  expect(await refusalOf(path)).toContain('it unpacks to far more than weights can');
});

/** A `.keras` file of entries. */
function archive(name: string, entries: readonly ZipEntry[]): string {
  const path = join(folder, name);
  writeFileSync(path, zip(entries));
  return path;
}

async function goodEntries(): Promise<ZipEntry[]> {
  const path = join(folder, 'good.keras');
  await saveKeras(path, good, weightsOf(kernel, bias), new Map([['conv', 'layers/conv2d']]));
  await convertKeras(path, join(folder, 'good.onnx'));
  const h5 = join(folder, 'good.h5');
  await saveH5(h5, good, weightsOf(kernel, bias));
  return [
    { name: 'config.json', data: Buffer.from(JSON.stringify(good)) },
    { name: 'model.weights.h5', data: readFileSync(h5) },
  ];
}

test('archives that are cut off, lack a part, have one twice, or lead out of themselves', async () => {
  const [config, weights] = await goodEntries();
  if (!config || !weights) throw new Error('there are two of them');
  const whole = readFileSync(join(folder, 'good.keras'));
  const cut = join(folder, 'cut.keras');
  for (const length of [2, 30, whole.length >> 1, whole.length - 1]) {
    writeFileSync(cut, whole.subarray(0, length));
    expect(await refusalOf(cut)).toContain('cut.keras cannot be converted: it is no zip archive');
  }
  expect(await refusalOf(archive('a.keras', [config]))).toContain('its archive has no model.weights.h5');
  expect(await refusalOf(archive('b.keras', [weights]))).toContain('its archive has no config.json');
  expect(await refusalOf(archive('c.keras', [config, config, weights]))).toContain('its archive has config.json twice');
  for (const name of ['../outside.txt', '/etc/outside.txt', '..\\outside.txt', 'a/../../outside.txt']) {
    const path = archive('d.keras', [config, weights, { name, data: Buffer.from('outside') }]);
    expect(await refusalOf(path)).toContain('its archive cannot be read');
    expect(existsSync(join(folder, '..', 'outside.txt'))).toBe(false);
  }
  expect(await refusalOf(archive('e.keras', [{ name: 'config.json', data: Buffer.from('{') }, weights]))).toContain(
    'its architecture is no JSON',
  );
  expect(await refusalOf(archive('f.keras', [config, { name: 'model.weights.h5', data: Buffer.from('weights') }]))).toContain(
    'file signature not found',
  );
  expect(await refusalOf(archive('g.keras', [config, weights, { name: 'metadata.json', data: Buffer.from('no') }]))).toContain(
    'its metadata.json is no JSON',
  );
});

test('archives that unpack to far more than they are, or than they say', async () => {
  const [config, weights] = await goodEntries();
  if (!config || !weights) throw new Error('there are two of them');
  const zeros = Buffer.alloc(8 << 20);
  expect(await refusalOf(archive('bomb.keras', [config, { name: 'model.weights.h5', data: zeros, deflate: true }]))).toContain(
    'its model.weights.h5 unpacks to 8388608 bytes, which weights do not',
  );
  const small = { name: 'model.weights.h5', data: zeros, deflate: true, statedSize: 1000 };
  expect(await refusalOf(archive('liar.keras', [config, small]))).toContain('its archive cannot be read');
  const json = { name: 'config.json', data: Buffer.from(' '.repeat(65 << 20)), deflate: true };
  expect(await refusalOf(archive('long.keras', [json, weights]))).toContain('its config.json is of 68157440 bytes');
});

test('lists in lists without end are refused, wherever they stand', async () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const rescaling = `{"class_name":"Rescaling","config":{"name":"r","scale":${deep}}}`;
  const input = '{"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,8,8,3]}}';
  for (const json of [
    deep,
    `{"class_name":"Sequential","config":{"name":"net","layers":[${input},${rescaling}]}}`,
    `{"class_name":"Functional","config":{"name":"net","layers":[],"input_layers":${deep},"output_layers":[]}}`,
    `{"class_name":"Functional","config":{"name":"net","layers":[{"class_name":"ReLU","config":{"name":"r"},"inbound_nodes":[{"args":${deep}}]}]}}`,
  ])
    await refusalOf(archive('deep.keras', [{ name: 'config.json', data: Buffer.from(json) }, ...(await goodEntries()).slice(1)]));
});

test('a file that is not there, and a place that cannot be written', async () => {
  await expect(convertKeras(join(folder, 'nothing.h5'), join(folder, 'x.onnx'))).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  await expect(convertKeras(folder, join(folder, 'x.onnx'))).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('it is no file') as string,
  });
  const path = join(folder, 'fine.h5');
  await saveH5(path, good, weightsOf(kernel, bias));
  await expect(convertKeras(path, join(folder, 'no', 'such', 'folder.onnx'))).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
});

test('a conversion that is given up leaves nothing', async () => {
  const path = join(folder, 'fine.h5');
  await saveH5(path, good, weightsOf(kernel, bias));
  const to = join(folder, 'given-up.onnx');
  await expect(convertKeras(path, to, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(existsSync(to)).toBe(false);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});
