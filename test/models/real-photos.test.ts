// The detectors on photographs: as many faces as there are, with the five points where a face has them.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { ImageInput, RawDetection } from '../../models/family.js';
import { loadFamily } from '../../models/family-registry.js';
import { REWRITES, rewrite } from '../../models/graph/rewrites.js';
import { preparePack } from '../../models/pack.js';
import type { PreparedModel } from '../../models/prepared.js';
import { suppressOverlaps } from '../../pipeline/geometry/nms.js';
import { cacheDir, defaultPack, fixture } from '../fixtures.js';

const GROUPS = { 'sample1.jpg': 3, 'sample2.jpg': 3, 'sample3.jpg': 3, 'sample4.jpg': 4, 'sample5.jpg': 5, 'sample6.jpg': 4 };
const sharedYunet = fileURLToPath(new URL('../../../shared/models/yunet_n_dynamic.onnx', import.meta.url));
const MIN_SCORE = 0.7;
const NMS_IOU = 0.3;
const [LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH] = [0, 1, 2, 3, 4];

async function pictureFor(path: string, input: ImageInput): Promise<Float32Array> {
  const { width, height, mean, scale } = input;
  const resized = sharp(path).removeAlpha().toColourspace('srgb');
  const fit = input.fit === 'stretch' ? 'fill' : 'contain';
  const pixels = await resized.resize(width, height, { fit, position: 'left top', background: '#000' }).raw().toBuffer();
  const order = input.colour === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  const planes = new Float32Array(3 * width * height);
  order.forEach((channel, plane) => {
    for (let at = 0; at < width * height; at++)
      planes[plane * width * height + at] = ((pixels[at * 3 + channel] ?? 0) - mean) * scale;
  });
  return planes;
}

/** Opens a detector and gives the faces it finds in each picture, all pictures in one batch. */
async function detect(model: Pick<PreparedModel, 'family' | 'input'>, graph: Uint8Array, paths: readonly string[]) {
  const { input } = model;
  const family = await loadFamily(model.family, 'detector');
  const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3 });
  const size = 3 * input.width * input.height;
  const data = new Float32Array(paths.length * size);
  for (const [index, path] of paths.entries()) data.set(await pictureFor(path, input), index * size);
  const results = await session.run({
    [input.name]: new ort.Tensor('float32', data, [paths.length, 3, input.height, input.width]),
  });
  await session.release();
  const outputs = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, { dims: tensor.dims, data: tensor.data as Float32Array }]),
  );
  return paths.map((_, index) => suppressOverlaps(family.decode(outputs, index, input, MIN_SCORE), NMS_IOU, 100));
}

/** Left and right as seen in the picture, the eyes above the mouth, none far outside the box: heads may be tilted or turned. */
function expectFacePoints({ landmarks = [], x1, x2, y1, y2 }: RawDetection): void {
  const at = (point: number, axis: 0 | 1) => landmarks[point * 2 + axis] ?? NaN;
  expect(at(LEFT_EYE, 0)).toBeLessThan(at(RIGHT_EYE, 0));
  expect(at(LEFT_MOUTH, 0)).toBeLessThan(at(RIGHT_MOUTH, 0));
  expect(at(LEFT_EYE, 1) + at(RIGHT_EYE, 1)).toBeLessThan(at(LEFT_MOUTH, 1) + at(RIGHT_MOUTH, 1));
  for (const point of [LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH]) {
    expect(Math.abs(at(point, 0) - (x1 + x2) / 2)).toBeLessThan((x2 - x1) * 0.6);
    expect(Math.abs(at(point, 1) - (y1 + y2) / 2)).toBeLessThan((y2 - y1) * 0.6);
  }
}

test('ultraface finds every face of the group photographs', async () => {
  const { detector } = await defaultPack();
  const paths = await Promise.all(Object.keys(GROUPS).map(fixture));
  const faces = await detect(detector, await readFile(detector.path), paths);
  expect(faces.map((found) => found.length)).toEqual(Object.values(GROUPS));
});

test('retinaface finds every face of the group photographs, with its points', async () => {
  const { detector } = await preparePack({ pack: 'retinaface', cacheDir });
  const paths = await Promise.all(Object.keys(GROUPS).map(fixture));
  const faces = await detect(detector, await readFile(detector.path), paths);
  expect(faces.map((found) => found.length)).toEqual(Object.values(GROUPS));
  faces.flat().forEach(expectFacePoints);
});

test.runIf(existsSync(sharedYunet))('yunet finds every face of the group photographs, with its points', async () => {
  const { input } = await loadFamily('yunet', 'detector');
  const graph = rewrite(await readFile(sharedYunet), REWRITES, 'yunet').bytes;
  const paths = await Promise.all(Object.keys(GROUPS).map(fixture));
  const faces = await detect({ family: 'yunet', input }, graph, paths);
  expect(faces.map((found) => found.length)).toEqual(Object.values(GROUPS));
  faces.flat().forEach(expectFacePoints);
});
