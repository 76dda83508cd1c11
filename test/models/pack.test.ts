// From a manifest of one's own to models that are ready to run, and what is told when something in it does not fit.
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedPath } from '../../models/cache.js';
import { sha256OfBytes } from '../../models/hash.js';
import { preparePack, verifyPack } from '../../models/pack.js';
import { cacheDir as filledCache } from '../fixtures.js';
import type { AttributeName } from '../../protocol/payloads.js';
import { tinyEmbedder } from './tiny-model.js';

const embedder = tinyEmbedder();
const licence = { id: 'CC0-1.0', caveats: [] };

const retinaface = await preparePack({ pack: 'retinaface', cacheDir: filledCache });

let folder: string;
let cacheDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-pack-'));
  cacheDir = join(folder, 'cache');
  await writeFile(join(folder, 'embedder.onnx'), embedder);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Changes {
  readonly family?: string;
  readonly detectorInput?: object;
  readonly detectorFamily?: string;
  readonly dim?: number;
  readonly attributeFamily?: string;
}

/** Path of a manifest with the test's own embedder behind RetinaFace. */
async function ownPack(changes: Changes = {}): Promise<string> {
  const { detector, thresholds } = retinaface;
  const manifest = {
    id: 'mine',
    version: '2.0.0',
    description: 'A pack for the tests.',
    sources: { detector: { from: `file:${cachedPath(filledCache, detector.sha256)}` }, here: { from: 'file:.' } },
    models: [
      {
        role: 'detector',
        family: changes.detectorFamily ?? 'retinaface-mnet',
        file: { source: 'detector', sha256: detector.sha256, bytes: 2050604 },
        ...(changes.detectorInput ? { input: changes.detectorInput } : {}),
        licence,
      },
      {
        role: 'embedder',
        family: changes.family ?? 'arcface',
        file: { source: 'here', path: 'embedder.onnx', sha256: sha256OfBytes(embedder), bytes: embedder.byteLength },
        input: { mean: 0, scale: 1 },
        dim: changes.dim ?? 3,
        licence,
      },
    ],
    attributes: [
      {
        name: 'age',
        family: changes.attributeFamily ?? 'ssr-net-age',
        file: { source: 'here', path: 'embedder.onnx', sha256: sha256OfBytes(embedder), bytes: embedder.byteLength },
        licence,
      },
    ],
    thresholds,
  };
  const path = join(folder, 'mine.json');
  await writeFile(path, JSON.stringify(manifest));
  return path;
}

test('a manifest of one’s own brings a pack that is ready to run', async () => {
  const pack = await preparePack({ pack: await ownPack(), cacheDir });
  expect(pack).toMatchObject({
    id: 'mine',
    version: '2.0.0',
    embedder: { id: 'mine/embedder', kind: 'embedder', dim: 3, licence },
  });
  // The name of the input is the graph's own, mean and scale are the manifest's.
  expect(pack.embedder?.input).toMatchObject({ name: 'x', mean: 0, scale: 1, width: 112 });
  expect(pack.detector.input.name).toBe('data');
  expect(pack.landmarks).toBeUndefined();
  expect(structuredClone(pack)).toEqual(pack);
});

test('the check is made once; a damaged graph is made again, a damaged original fetched again', async () => {
  const pack = await ownPack();
  const first = await preparePack({ pack, cacheDir });
  const path = first.embedder?.path ?? '';
  const madeMs = (await stat(path)).mtimeMs;
  await preparePack({ pack, cacheDir, offline: true });
  expect((await stat(path)).mtimeMs).toBe(madeMs);

  await writeFile(path, 'rot');
  await writeFile(cachedPath(cacheDir, sha256OfBytes(embedder)), 'rot');
  const damaged = await verifyPack({ pack, cacheDir });
  expect(damaged.filter(({ state }) => state.state === 'damaged').map(({ model, kind }) => `${model} ${kind}`)).toEqual([
    'mine/embedder original',
    'mine/embedder rewritten',
  ]);
  const warnings: string[] = [];
  expect(await preparePack({ pack, cacheDir, onWarning: (line) => warnings.push(line) })).toEqual(first);
  expect(warnings).toHaveLength(1);
  expect((await verifyPack({ pack, cacheDir })).every(({ state }) => state.state === 'ok')).toBe(true);
});

test('a pack that was never fetched is verified as missing, and nothing is written', async () => {
  const states = await verifyPack({ pack: await ownPack(), cacheDir });
  expect(states.map(({ state }) => state.state)).toEqual(['missing', 'missing', 'missing', 'missing']);
  expect(await readdir(folder)).not.toContain('cache');
});

const WRONG: readonly (readonly [string, Changes, RegExp])[] = [
  ['an unknown family', { family: 'facenet' }, /no model family "facenet"/],
  ['a family that is a path', { family: '..' }, /models\.1\.family|no model family/],
  ['a family of another kind', { family: 'yunet' }, /the model family "yunet" is for a detector, not for a embedder/],
  ['a size that the family does not take', { detectorInput: { width: 320 } }, /retinaface-mnet has a fixed size/],
  ['a size between the steps', { detectorFamily: 'yunet', detectorInput: { width: 300 } }, /must be a multiple of 32, not 300/],
  ['a network of another family', { detectorFamily: 'yunet' }, /is not of the family.*no output "cls_8"/],
  ['a detector without points and nothing that finds them', { detectorFamily: 'ultraface' }, /needs a landmarks model/],
  ['another dimension than the manifest says', { dim: 4 }, /mine\/embedder gives 3 numbers a face, its manifest says 4/],
];

test.each(WRONG)('%s is refused in one line', async (_what, changes, message) => {
  await expect(preparePack({ pack: await ownPack(changes), cacheDir })).rejects.toThrow(message);
});

test('what tells more of faces is looked at only where it is wanted, and has to be there and of its family', async () => {
  const wanting = async (changes: Changes, ...attributes: readonly AttributeName[]) =>
    preparePack({ pack: await ownPack(changes), cacheDir, attributes });
  expect((await wanting({ attributeFamily: 'of-nobody' })).attributes).toEqual([]);
  await expect(wanting({ attributeFamily: 'of-nobody' }, 'age')).rejects.toThrow(
    'no model family "of-nobody" for the age of a face',
  );
  await expect(wanting({}, 'pose')).rejects.toThrow('the pack mine cannot tell the pose of a face, only age');
  await expect(wanting({}, 'age')).rejects.toMatchObject({ code: 'BAD_MODEL' });
});
