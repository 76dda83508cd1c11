// Folders of models are found by name and version, as people mount them, and nothing outside of their root is.
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listModels, modelFileAt, modelFiles, stampOf } from '../../../models/served/model-folders.js';
import { readServedModel } from '../../../models/served/read-served-model.js';
import { tinyClassifier } from './tiny-classifier.js';

let folder: string;
let root: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-folders-'));
  root = join(folder, 'models');
  await mkdir(root);
  warnings = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, Uint8Array | string>>, version = '1', name = 'plants'): Promise<void> {
  const place = join(root, name, version);
  await mkdir(place, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(place, file), content);
}

async function labels(): Promise<readonly string[]> {
  const keras = { version: 1, convert: () => Promise.reject(new Error('no Keras file was expected')) };
  const options = { cacheDir: join(folder, 'cache'), keras };
  return (await readServedModel(await modelFiles(root, 'plants', 'latest'), options)).classes;
}

test('versions are listed newest first, and the newest is the latest', async () => {
  for (const version of ['1.10.0', '1.9.0', '2.0.0-rc.1', 'draft']) await put({ 'model.onnx': tinyClassifier() }, version);
  await put({ 'model.onnx': tinyClassifier() }, '3', 'birds');
  await writeFile(join(root, 'README.md'), 'a file');
  await mkdir(join(root, '.git', '1'), { recursive: true });
  await mkdir(join(root, 'empty'));
  await mkdir(join(root, 'plants', 'latest'));
  expect(await listModels(root, (line) => warnings.push(line))).toEqual([
    { name: 'birds', versions: ['3'] },
    { name: 'plants', versions: ['2.0.0-rc.1', '1.10.0', '1.9.0', 'draft'] },
  ]);
  expect(warnings.sort()).toEqual([
    expect.stringMatching(/empty has no folder of a version/),
    expect.stringMatching(/plants\/latest is passed over: "latest" is no version/),
  ]);
  expect((await modelFiles(root, 'plants', 'latest')).version).toBe('2.0.0-rc.1');
});

test('no name leads out of the folder of models', async () => {
  await put({ 'model.onnx': tinyClassifier() });
  await mkdir(join(folder, 'outside', '1'), { recursive: true });
  await writeFile(join(folder, 'outside', '1', 'model.onnx'), tinyClassifier());
  for (const name of ['..', '../outside', '.', '', '/', '.hidden', 'a/b', 'a\\b', 'plants\0', 'x'.repeat(200), 'a@1']) {
    await expect(modelFiles(root, name, '1')).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
    await expect(modelFiles(root, 'plants', name)).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
  }
  await symlink(join(folder, 'outside'), join(root, 'linked'));
  await symlink(join(folder, 'outside', '1'), join(root, 'plants', '2'));
  await mkdir(join(root, 'plants', '3'));
  await symlink(join(folder, 'outside', '1', 'model.onnx'), join(root, 'plants', '3', 'model.onnx'));
  await expect(modelFiles(root, 'linked', '1')).rejects.toThrow(/leads out of the folder of models/);
  await expect(modelFiles(root, 'plants', '2')).rejects.toThrow(/leads out of the folder of models/);
  await expect(modelFiles(root, 'plants', '3')).rejects.toThrow(/leads out of the folder of models/);
  expect((await listModels(root)).map(({ name }) => name)).toEqual(['plants']);
  await expect(modelFiles(root, 'nothing', 'latest')).rejects.toThrow(/no version of a model nothing/);
  await expect(modelFiles(root, 'plants', '9')).rejects.toThrow(/no model plants@9/);
  await expect(listModels(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'UNKNOWN_MODEL' });
  await mkdir(join(root, 'plants', '4', 'model.onnx'), { recursive: true });
  await expect(modelFiles(root, 'plants', '4')).rejects.toThrow(/is no file/);
});

test('folders as Kubernetes mounts them, through links that are changed at once, are read', async () => {
  // A root that is a link itself, and a volume whose files are links into a hidden folder.
  await rename(root, join(folder, 'volume'));
  await symlink(join(folder, 'volume'), root);
  const place = join(root, 'plants', '1');
  await mkdir(join(place, '..2024_01_01'), { recursive: true });
  await writeFile(join(place, '..2024_01_01', 'model.onnx'), tinyClassifier());
  await writeFile(join(place, '..2024_01_01', 'classes.txt'), 'a\nb\nc\n');
  await symlink('..2024_01_01', join(place, '..data'));
  for (const file of ['model.onnx', 'classes.txt']) await symlink(`..data/${file}`, join(place, file));
  expect(await labels()).toEqual(['a', 'b', 'c']);
  const before = await stampOf(await modelFiles(root, 'plants', '1'));
  expect(await stampOf(await modelFiles(root, 'plants', '1'))).toBe(before);
  await mkdir(join(place, '..2024_01_02'));
  await writeFile(join(place, '..2024_01_02', 'model.onnx'), tinyClassifier());
  await writeFile(join(place, '..2024_01_02', 'classes.txt'), 'd\ne\nf\n');
  await symlink('..2024_01_02', join(place, '..new'));
  await rename(join(place, '..new'), join(place, '..data'));
  expect(await stampOf(await modelFiles(root, 'plants', '1'))).not.toBe(before);
  expect(await labels()).toEqual(['d', 'e', 'f']);
});

test('a model file is known by its name wherever it lies', () => {
  expect(modelFileAt('/models/Plants-v3.HDF5.gz')).toEqual({
    path: '/models/Plants-v3.HDF5.gz',
    fileName: 'model.hdf5.gz',
    format: 'keras',
    compression: 'gzip',
  });
  expect(modelFileAt('/a/b.onnx')).toMatchObject({ fileName: 'model.onnx', format: 'onnx', compression: null });
  for (const path of ['/a/b', '/a/b.pb', '/a/b.onnx.xz', '/a/onnx', '/a/b.onnx/']) {
    expect(() => modelFileAt(path)).toThrow(/is called neither \.onnx/);
  }
});
