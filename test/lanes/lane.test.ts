// An inference lane's thread may die; the lane must come back, and nobody may wait for ever on what it had in hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaceMatrix } from '../../pipeline/tasks/faces/gallery/face-matrix.js';
import { Gallery, type GallerySnapshot } from '../../pipeline/tasks/faces/gallery/gallery.js';
import { Lane, type LaneSettings } from '../../pipeline/lanes/lane.js';
import {
  DESCRIBE,
  DETECT,
  FACES,
  type DetectItem,
  type FaceAnswer,
  type FaceItem,
  type FoundFace,
} from '../../pipeline/tasks/faces/face-items.js';
import { faceLane } from '../../pipeline/tasks/faces/faces.js';
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

/** A lane of faces with a gallery that may be replaced. */
async function settingsWith(of: () => Gallery | null): Promise<LaneSettings> {
  const pack = await defaultPack();
  const { settings, ...lane } = faceLane({ pack, gallery: null, thresholds: {} });
  const snapshot = (): GallerySnapshot | null => of()?.snapshot ?? null;
  const task = { ...lane, settings: () => ({ ...(settings() as object), gallery: snapshot() }) };
  return { provider: 'cpu', intraOpThreads: 1, ladder: [1], tasks: [task] };
}
async function detected(lane: Lane, item: DetectItem): Promise<readonly FoundFace[]> {
  const { answers } = await lane.run(DETECT, [item]);
  return (answers as (readonly FoundFace[])[])[0] ?? [];
}
async function described(lane: Lane, item: FaceItem): Promise<FaceAnswer | undefined> {
  return ((await lane.run(DESCRIBE, [item])).answers as readonly FaceAnswer[])[0];
}

test('a lane whose thread dies rejects what it had in hand, starts anew and works again', async () => {
  const pack = await defaultPack();
  let back: () => void = () => undefined;
  const isBack = new Promise<void>((resolve) => (back = resolve));
  const { lane } = await Lane.start(await settingsWith(() => gallery), SILENT_LOG, () => back());
  const { detect } = await frameOf('cage.jpg', pack.detector.input);
  expect(await detected(lane, detect)).toEqual([expect.objectContaining({ score: expect.closeTo(1, 1) as number })]);

  // A snapshot that is none: the thread throws outside of any job, which nothing can answer for.
  lane.tell(FACES, null);
  await expect(detected(lane, detect)).rejects.toThrow('in the middle of a job');
  expect(lane.alive).toBe(false);
  await expect(detected(lane, detect)).rejects.toThrow('not running');

  lane.tell(FACES, gallery.snapshot);
  await isBack;
  expect(lane.idle).toBe(true);
  expect(await detected(lane, detect)).toHaveLength(1);
  await lane.close();
});

test('a lane that is told of another gallery while its thread starts anew searches that one', async () => {
  const pack = await defaultPack();
  let back: () => void = () => undefined;
  const isBack = new Promise<void>((resolve) => (back = resolve));
  const { lane } = await Lane.start(await settingsWith(() => gallery), SILENT_LOG, () => back());
  const frame = await frameOf('cage.jpg', pack.detector.input);
  const { detect } = frame;
  lane.tell(FACES, null);
  await expect(detected(lane, detect)).rejects.toThrow('in the middle of a job');

  lane.tell(FACES, gallery.snapshot);
  const matrix = new FaceMatrix(gallery.model.dim, gallery.snapshot.generation + 1);
  matrix.setVersion(4711);
  // By then its thread has begun and loads its models; were it faster or slower, the answer would be no other.
  setTimeout(() => lane.tell(FACES, matrix.snapshot), 600);
  await isBack;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [found] = await detected(lane, detect);
  if (found === undefined) throw new Error('there is a face in the picture');
  const answer = await described(lane, frame.face(found, 'match'));
  expect(answer?.galleryVersion).toBe(4711);
  await lane.close();
});

test("a job that cannot be done is that job's failure alone", async () => {
  const pack = await defaultPack();
  const { lane } = await Lane.start(await settingsWith(() => null), SILENT_LOG, () => undefined);
  const { detect } = await frameOf('cage.jpg', pack.detector.input);
  const tooSmall = { ...detect, input: new SharedArrayBuffer(4) };
  const [failed, worked] = await Promise.allSettled([detected(lane, tooSmall), detected(lane, detect)]);
  expect(failed.status).toBe('rejected');
  expect(worked.status).toBe('fulfilled');
  await lane.close();
});
