// An inference lane's thread may die; the lane must come back, and nobody may wait for ever on what it had in hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaceMatrix } from '../../pipeline/tasks/faces/gallery/face-matrix.js';
import { Gallery, type GallerySnapshot } from '../../pipeline/tasks/faces/gallery/gallery.js';
import { Lane } from '../../pipeline/lanes/lane.js';
import { SILENT_LOG } from '../../pipeline/pipeline-log.js';
import { defaultPack } from '../fixtures.js';
import { frameOf } from '../pipeline/frames.js';

let folder: string;
let gallery: Gallery;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-lane-'));
  const { embedder } = await defaultPack();
  if (embedder === undefined) throw new Error('the default pack has an embedder');
  gallery = await Gallery.open({ dir: folder, model: { id: embedder.id, sha256: embedder.sha256, dim: embedder.dim } });
});
afterAll(async () => {
  await gallery.close();
  await rm(folder, { recursive: true });
});

test('a lane whose thread dies rejects what it had in hand, starts anew and works again', async () => {
  const pack = await defaultPack();
  const { detectionScore, nmsIou } = pack.thresholds;
  let back: () => void = () => undefined;
  const isBack = new Promise<void>((resolve) => (back = resolve));
  const settings = { pack, provider: 'cpu', intraOpThreads: 1, ladder: [1], detectionScore, nmsIou } as const;
  const { lane } = await Lane.start({ ...settings, gallery: gallery.snapshot }, SILENT_LOG, () => back());
  const { detect } = await frameOf('cage.jpg', pack.detector.input);
  expect((await lane.detect([detect])).frames).toEqual([[expect.objectContaining({ score: expect.closeTo(1, 1) as number })]]);

  // A snapshot that is none: the thread throws outside of any job, which nothing can answer for.
  lane.useGallery(null as unknown as GallerySnapshot);
  await expect(lane.detect([detect])).rejects.toThrow('in the middle of a job');
  expect(lane.alive).toBe(false);
  await expect(lane.detect([detect])).rejects.toThrow('not running');

  lane.useGallery(gallery.snapshot);
  await isBack;
  expect(lane.idle).toBe(true);
  expect((await lane.detect([detect])).frames[0]).toHaveLength(1);
  await lane.close();
});

test('a lane that is told of another gallery while its thread starts anew searches that one', async () => {
  const pack = await defaultPack();
  const { detectionScore, nmsIou } = pack.thresholds;
  let back: () => void = () => undefined;
  const isBack = new Promise<void>((resolve) => (back = resolve));
  const settings = { pack, provider: 'cpu', intraOpThreads: 1, ladder: [1], detectionScore, nmsIou } as const;
  const { lane } = await Lane.start({ ...settings, gallery: gallery.snapshot }, SILENT_LOG, () => back());
  const frame = await frameOf('cage.jpg', pack.detector.input);
  const { detect } = frame;
  lane.useGallery(null as unknown as GallerySnapshot);
  await expect(lane.detect([detect])).rejects.toThrow('in the middle of a job');

  lane.useGallery(gallery.snapshot);
  const matrix = new FaceMatrix(gallery.model.dim, gallery.snapshot.generation + 1);
  matrix.setVersion(4711);
  // By then its thread has begun and loads its models; were it faster or slower, the answer would be no other.
  setTimeout(() => lane.useGallery(matrix.snapshot), 600);
  await isBack;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [found] = (await lane.detect([detect])).frames[0] ?? [];
  if (found === undefined) throw new Error('there is a face in the picture');
  const { answers } = await lane.describe([frame.face(found, 'match')]);
  expect(answers[0]?.galleryVersion).toBe(4711);
  await lane.close();
});

test("a job that cannot be done is that job's failure alone", async () => {
  const pack = await defaultPack();
  const { detectionScore, nmsIou } = pack.thresholds;
  const settings = { pack, provider: 'cpu', intraOpThreads: 1, ladder: [1], detectionScore, nmsIou, gallery: null } as const;
  const { lane } = await Lane.start(settings, SILENT_LOG, () => undefined);
  const { detect } = await frameOf('cage.jpg', pack.detector.input);
  const tooSmall = { ...detect, input: new SharedArrayBuffer(4) };
  const [failed, worked] = await Promise.allSettled([lane.detect([tooSmall]), lane.detect([detect])]);
  expect(failed.status).toBe('rejected');
  expect(worked.status).toBe('fulfilled');
  await lane.close();
});
