// A model is a folder: what lies in it becomes all that a task needs to know, or one line that says what is wrong.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ort } from '../../../models/graph/runtime.js';
import { sha256OfBytes } from '../../../models/hash.js';
import { modelFiles } from '../../../models/served/model-folders.js';
import { readServedModel, type ReadServedOptions } from '../../../models/served/read-served-model.js';
import type { ServedModel } from '../../../models/served/served-model.js';
import { floats, integers, ints, node, tinyModel } from '../tiny-model.js';
import { tinyClassifier, UINT8 } from './tiny-classifier.js';

let folder: string;
let root: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-served-'));
  root = join(folder, 'models');
  await mkdir(root);
  warnings = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const noKeras = { version: 1, convert: () => Promise.reject(new Error('no Keras file was expected')) };

async function put(files: Readonly<Record<string, Uint8Array | string>>, version = '1', name = 'plants'): Promise<void> {
  const place = join(root, name, version);
  await mkdir(place, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(place, file), content);
}

async function read(options: Partial<ReadServedOptions> = {}, version = 'latest', name = 'plants'): Promise<ServedModel> {
  const cacheDir = join(folder, 'cache');
  const onWarning = (line: string): number => warnings.push(line);
  return readServedModel(await modelFiles(root, name, version), { cacheDir, keras: noKeras, onWarning, ...options });
}

/** The outputs of a batch of equal pictures. */
async function run(model: ServedModel, pictures: number): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(await readFile(model.path), { logSeverityLevel: 3 });
  try {
    const { width, height, dtype, layout } = model.input;
    const data = new { float32: Float32Array, uint8: Uint8Array, int8: Int8Array }[dtype](pictures * 3 * width * height).fill(9);
    const dims = layout === 'nchw' ? [3, height, width] : [height, width, 3];
    const outputs = await session.run({ [model.input.name]: new ort.Tensor(dtype, data, [pictures, ...dims]) });
    return outputs[model.classOutput ?? '']?.dims ?? [];
  } finally {
    await session.release();
  }
}

test('a file alone is a classifier: what it takes and gives is read from the graph', async () => {
  const bytes = tinyClassifier();
  await put({ 'model.onnx': bytes });
  const model = await read();
  expect(model).toMatchObject({
    id: 'plants@1',
    task: 'classify',
    family: null,
    sha256: sha256OfBytes(bytes),
    batch: 'any',
    classes: ['0', '1', '2'],
    classOutput: 'y',
    thresholds: null,
    activation: 'softmax',
    scores: 'each',
    licence: null,
    outputs: [{ name: 'y', dims: [1, 3], dtype: 'float', activation: null }],
    input: {
      name: 'x',
      width: 8,
      height: 8,
      layout: 'nchw',
      dtype: 'float32',
      channels: 'rgb',
      mean: [0, 0, 0],
      scale: [1, 1, 1],
    },
  });
  expect(await run(model, 5)).toEqual([5, 3]);
  expect(model.bytes).toBe((await stat(model.path)).size);
  expect(warnings).toEqual([expect.stringContaining('nobody says how they are scaled')]);
  // It is data and nothing else.
  expect(structuredClone(model)).toEqual(model);
});

test.each([
  ['channels last', { input: [1, 8, 12, 3] }, { layout: 'nhwc', width: 12, height: 8, channels: 'rgb' }],
  ['grey', { input: ['n', 1, 8, 12] }, { layout: 'nchw', width: 12, height: 8, channels: 'grey', mean: [0], scale: [1] }],
  ['whole numbers', { input: [1, 8, 8, 3], inputType: UINT8 }, { layout: 'nhwc', dtype: 'uint8' }],
])('the form of the input is read from the graph: %s', async (_, options, input) => {
  await put({ 'model.onnx': tinyClassifier(options) });
  const model = await read();
  expect(model).toMatchObject({ batch: 'any', input });
  if (!('mean' in input)) expect(await run(model, 3)).toEqual([3, 3]);
});

test.each([
  ['Softmax', 3, 'none', 'each', 3],
  ['Sigmoid', 3, 'none', 'each', 3],
  [undefined, 3, 'softmax', 'each', 3],
  [undefined, 1, 'sigmoid', 'second-of-two', 2],
  ['Sigmoid', 1, 'none', 'second-of-two', 2],
] as const)('a network that ends in %s with %d numbers has %s left to do', async (activation, classes, left, scores, labels) => {
  await put({ 'model.onnx': tinyClassifier({ classes, ...(activation ? { activation } : {}) }) });
  const model = await read();
  expect(model).toMatchObject({ activation: left, scores });
  expect(model.classes).toHaveLength(labels);
});

test('labels, thresholds and what the manifest says are read', async () => {
  await put({
    'model.onnx': tinyClassifier({ input: ['n', 3, 'h', 'w'] }),
    'classes.txt': '\uFEFFAcer campestre leaf\r\nQuercus robur leaf\r\nZea mays ear\r\n\r\n',
    'thresholds.csv':
      'classname,top1_minval,top1_maxval,top2_minval,top2_maxval,correct_percentage\nZea mays ear,.9,1,.1,.3,.8\n',
    'manifest.json': JSON.stringify({
      description: 'Plants of the garden',
      input: { width: 16, height: 12, preprocessing: 'vgg16', resample: 'area', fit: 'crop', fill: 7 },
      activation: 'sigmoid',
      licence: { id: 'CC-BY-4.0' },
    }),
  });
  expect(await read()).toMatchObject({
    description: 'Plants of the garden',
    classes: ['Acer campestre leaf', 'Quercus robur leaf', 'Zea mays ear'],
    thresholds: { 'Zea mays ear': { top1Min: 0.9, top2Max: 0.3, correct: 0.8 } },
    activation: 'sigmoid',
    licence: { id: 'CC-BY-4.0', caveats: [] },
    input: {
      width: 16,
      height: 12,
      channels: 'bgr',
      mean: [103.939, 116.779, 123.68],
      scale: [1, 1, 1],
      resample: 'area',
      fit: 'crop',
      fill: 7,
    },
  });
  expect(warnings).toEqual([]);
});

test('what an operator sets goes before the manifest, and ways to scale do not mix', async () => {
  const manifest = { input: { mean: 1, scale: 2, fit: 'letterbox' }, description: 'as it says' };
  await put({ 'model.onnx': tinyClassifier(), 'manifest.json': JSON.stringify(manifest) });
  expect((await read()).input).toMatchObject({ mean: [1, 1, 1], scale: [2, 2, 2], fit: 'letterbox' });
  const set = await read({ settings: { input: { preprocessing: 'tf' } } });
  expect(set).toMatchObject({ description: 'as it says', input: { mean: [127.5, 127.5, 127.5], fit: 'letterbox' } });
  expect((await read({ settings: { input: { scale: 4 } } })).input).toMatchObject({ mean: [0, 0, 0], scale: [4, 4, 4] });
});

const classes = 'a\nb\nc\n';
const detector = tinyModel({ input: [1, 3, 8, 8], output: [1, 9, 85], nodes: [node('Identity', ['x'], 'y')], weights: [] });
const CSV = 'classname,top1_minval,top1_maxval,top2_minval,top2_maxval,correct_percentage\n';
test.each<[string, Record<string, Uint8Array | string>, string, RegExp]>([
  ['no model', { 'classes.txt': classes }, 'BAD_MANIFEST', /plants@1 has no model file in .*plants\/1/],
  [
    'two models',
    { 'model.onnx': '', 'model.h5.gz': '' },
    'BAD_MANIFEST',
    /several model files in .*: model\.onnx, model\.h5\.gz/,
  ],
  [
    'labels of another number',
    { 'model.onnx': tinyClassifier(), 'classes.txt': 'a\nb\n' },
    'BAD_MODEL',
    /plants@1 gives 3 numbers a picture, but classes\.txt has 2 labels/,
  ],
  ['an empty label', { 'model.onnx': tinyClassifier(), 'classes.txt': 'a\n\nb\n' }, 'BAD_MANIFEST', /1\/classes\.txt, line 2/],
  [
    'no text',
    { 'model.onnx': tinyClassifier(), 'classes.txt': Buffer.from([0xff, 0xfe, 0x61]) },
    'BAD_MANIFEST',
    /classes\.txt is not UTF-8/,
  ],
  [
    'thresholds of others',
    { 'model.onnx': tinyClassifier(), 'classes.txt': classes, 'thresholds.csv': `${CSV}d,1,1,1,1,1\n` },
    'BAD_MANIFEST',
    /1\/thresholds\.csv .* does not have: "d"/,
  ],
  [
    'a crooked line',
    { 'model.onnx': tinyClassifier(), 'classes.txt': classes, 'thresholds.csv': `${CSV}a,1\n` },
    'BAD_MANIFEST',
    /1\/thresholds\.csv, line 2/,
  ],
  ['no JSON', { 'model.onnx': tinyClassifier(), 'manifest.json': '{' }, 'BAD_MANIFEST', /1\/manifest\.json is not JSON/],
  [
    'an unknown key',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"input": {"widht": 3}}' },
    'BAD_MANIFEST',
    /manifest\.json: input: .*widht/,
  ],
  [
    'an unknown scaling',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"input": {"preprocessing": "x"}}' },
    'BAD_MANIFEST',
    /input\.preprocessing: "x" is none of caffe, /,
  ],
  [
    'another hash',
    { 'model.onnx': tinyClassifier(), 'manifest.json': `{"sha256": "${'0'.repeat(64)}"}` },
    'WRONG_HASH',
    /should be 0000.* but is [0-9a-f]{64}/,
  ],
  [
    'any size',
    { 'model.onnx': tinyClassifier({ input: [1, 3, 'h', 8] }) },
    'BAD_MANIFEST',
    /takes pictures of any height: give input\.height/,
  ],
  [
    'another size',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"input": {"width": 9}}' },
    'BAD_MANIFEST',
    /of the width 8, but input\.width is 9/,
  ],
  [
    'an unclear layout',
    { 'model.onnx': tinyClassifier({ input: [1, 3, 8, 3] }) },
    'BAD_MANIFEST',
    /1x3x8x3, which does not tell .*: give input\.layout/,
  ],
  [
    'too few dimensions',
    { 'model.onnx': tinyClassifier({ input: [1, 3, 8] }) },
    'BAD_MODEL',
    /an input of 3 dimensions \(1x3x8\)/,
  ],
  [
    'other channels',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"input": {"channels": "grey"}}' },
    'BAD_MANIFEST',
    /3 channels, but input\.channels is grey/,
  ],
  ['a type that is no picture', { 'model.onnx': tinyClassifier({ inputType: 7 }) }, 'BAD_MODEL', /takes "x" as int64/],
  [
    'another output',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"output": "z"}' },
    'BAD_MANIFEST',
    /has no output "z", only "y"/,
  ],
  ['a page instead of a model', { 'model.onnx': '<!DOCTYPE html><html></html>' }, 'BAD_MODEL', /plants@1 is no ONNX model/],
  ['nothing', { 'model.onnx': '' }, 'BAD_MODEL', /plants@1 is no ONNX model, or not all of one: it is empty/],
  [
    'half a model',
    { 'model.onnx': tinyClassifier({ ballast: 50_000 }).subarray(0, 150_000) },
    'BAD_MODEL',
    /plants@1 is no ONNX model, or not all of one/,
  ],
  [
    'objects of no family',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"task": "objects"}' },
    'BAD_MANIFEST',
    /must name its family/,
  ],
  [
    'an unknown family',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"family": "yolov99"}' },
    'BAD_MANIFEST',
    /no family "yolov99"/,
  ],
  [
    'a classifier of a family',
    { 'model.onnx': tinyClassifier(), 'manifest.json': '{"task": "classify", "family": "yolov8"}' },
    'BAD_MANIFEST',
    /is a classifier/,
  ],
  ['a detector', { 'model.onnx': detector }, 'BAD_MODEL', /gives 9x85 numbers a picture as "y".*names its family/],
  ['no gzip', { 'model.onnx.gz': 'no' }, 'BAD_MODEL', /model\.onnx\.gz cannot be unpacked: /],
  ['no Zstandard', { 'model.onnx.zst': 'not at all' }, 'BAD_MODEL', /model\.onnx\.zst cannot be unpacked: it is not Zstandard/],
])('refused in one line: %s', async (_, files, code, message) => {
  await put(files);
  const error: unknown = await read().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(String(error)).not.toContain('\n');
});

test('a network that cannot take several pictures serves one at a time, and that is told', async () => {
  // The mean over the batch too: in a batch it gives something else than alone.
  const bytes = tinyModel({
    input: [1, 3, 8, 8],
    output: [1, 3],
    nodes: [
      node('ReduceMean', ['x'], 'mean', [ints('axes', [0, 2, 3])]),
      node('Reshape', ['mean', 'shape'], 'flat'),
      node('MatMul', ['flat', 'weights'], 'y'),
    ],
    weights: [integers('shape', [1, -1]), floats('weights', [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])],
  });
  await put({ 'model.onnx': bytes });
  const model = await read({ settings: { input: { preprocessing: 'none' } } });
  expect(model).toMatchObject({ batch: 1, path: join(root, 'plants', '1', 'model.onnx') });
  expect(warnings).toEqual([expect.stringMatching(/plants@1 takes one picture at a time: /)]);
  await put({ 'model.onnx': tinyClassifier({ input: [8, 3, 8, 8] }) });
  expect(await read()).toMatchObject({ batch: 8 });
});

test('a graph that takes any batch as it is is not kept twice', async () => {
  await put({ 'model.onnx': tinyClassifier({ input: ['n', 3, 8, 8] }) });
  expect(await read()).toMatchObject({ batch: 'any', path: join(root, 'plants', '1', 'model.onnx') });
  expect((await readdir(join(folder, 'cache', 'derived'))).map((name) => name.replace(/.*\./, ''))).toEqual(['json']);
});

test('compressed files are unpacked once, are the same model, and no more than the limit', async () => {
  const bytes = tinyClassifier({ ballast: 300_000 });
  await put({ 'model.onnx': bytes }, '1');
  await put({ 'model.onnx.gz': gzipSync(bytes) }, '2');
  const plain = await read({}, '1');
  const gzip = await read({}, '2');
  expect({ ...gzip, path: '', version: '', id: '' }).toEqual({ ...plain, path: '', version: '', id: '' });
  const record = join(folder, 'cache', 'unpacked', `${sha256OfBytes(gzipSync(bytes))}.json`);
  const { mtimeMs } = await stat(record);
  await read({}, '2');
  expect((await stat(record)).mtimeMs).toBe(mtimeMs);
  // One that was damaged in the cache is unpacked again.
  const kept = join(folder, 'cache', 'sha256', plain.sha256.slice(0, 2), plain.sha256);
  await writeFile(kept, 'rot');
  expect((await read({}, '2')).sha256).toBe(plain.sha256);
  expect((await readFile(kept)).equals(bytes)).toBe(true);

  await put({ 'model.onnx.gz': gzipSync(tinyClassifier({ ballast: 300_001 })) }, '3');
  await expect(read({ largestBytes: 1_000_000 }, '3')).rejects.toThrow(
    /3\/model\.onnx\.gz cannot be unpacked: it unpacks to more than 1000000 bytes/,
  );
  await put({ 'model.onnx.gz': gzipSync(bytes).subarray(0, 900) }, '4');
  await expect(read({}, '4')).rejects.toThrow(/cannot be unpacked: unexpected end of file/);
  expect(await readdir(join(folder, 'cache', 'work'), { recursive: true })).not.toContainEqual(
    expect.stringContaining('unpacked'),
  );
});

test('a Keras file is converted once, under a name of its kind, by the converter that is handed in', async () => {
  const calls: string[] = [];
  const keras = {
    version: 1,
    convert: async (from: string, to: string) => {
      calls.push(`${from.split('/').at(-1)} ${String(await readFile(from))}`);
      await writeFile(to, tinyClassifier({ input: ['n', 8, 8, 3], activation: 'Softmax' }));
      return { preprocessing: [] };
    },
  };
  await put({ 'model.hdf5': 'layers', 'classes.txt': classes }, '1');
  await put({ 'model.keras.gz': gzipSync('more layers') }, '2');
  expect(await read({ keras }, '1')).toMatchObject({
    sha256: sha256OfBytes(Buffer.from('layers')),
    input: { layout: 'nhwc' },
    activation: 'none',
  });
  await read({ keras }, '1');
  await read({ keras }, '2');
  expect(calls).toEqual(['model.hdf5 layers', 'model.keras more layers']);
  await read({ keras: { ...keras, version: 2 } }, '1');
  expect(calls).toHaveLength(3);
  const failing = { version: 3, convert: () => Promise.reject(new Error('no layer "Lambda" (model/lambda_1)')) };
  await expect(read({ keras: failing }, '1')).rejects.toThrow(
    'plants@1 cannot be converted to ONNX: no layer "Lambda" (model/lambda_1)',
  );
  await expect(read({ keras: { version: 4, convert: () => Promise.resolve({ preprocessing: [] }) } }, '1')).rejects.toMatchObject(
    {
      code: 'BAD_MODEL',
    },
  );
});

test('a family of object detectors says what goes without saying, and how many classes there are', async () => {
  const family = { defaults: { input: { scale: 1 / 255, fill: 114 } }, classCount: () => 3 };
  const objectFamily = (name: string) => Promise.resolve(name === 'boxes' ? family : undefined);
  await put({ 'model.onnx': tinyClassifier(), 'manifest.json': '{"family": "boxes"}' });
  expect(await read({ objectFamily })).toMatchObject({
    task: 'objects',
    family: 'boxes',
    classes: ['0', '1', '2'],
    classOutput: null,
    activation: 'none',
    input: { fit: 'letterbox', fill: 114, scale: [1 / 255, 1 / 255, 1 / 255] },
  });
  await put({ 'classes.txt': 'a\nb\n' });
  await expect(read({ objectFamily })).rejects.toThrow('plants@1 finds 3 classes of objects, but classes.txt has 2 labels');
});

test('a Keras file that leaves its size free is converted for the size that the manifest says, and one that scales for itself is known', async () => {
  const sizes: unknown[] = [];
  const keras = {
    version: 1,
    convert: async (_from: string, to: string, size: object) => {
      sizes.push(size);
      await writeFile(to, tinyClassifier({ input: ['n', 8, 8, 3] }));
      return { preprocessing: ['Rescaling'] };
    },
  };
  await put({ 'model.keras': 'layers', 'manifest.json': '{"input": {"width": 8, "height": 8}}' });
  await read({ keras });
  await read({ keras });
  expect(sizes).toEqual([{ width: 8, height: 8 }]);
  expect(warnings).toEqual([]);
  await read({ keras, settings: { input: { preprocessing: 'tf' } } });
  expect(warnings).toEqual([expect.stringMatching(/plants@1 scales its pixels for itself, and its manifest/)]);
});
