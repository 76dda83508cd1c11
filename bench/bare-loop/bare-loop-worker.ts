// A thread of the bare loop: frame after frame through the very stages of the pipeline, with the same libraries, models
// and gallery, and nothing in between: no network, no queues, no other thread. What the pipeline costs beyond this is
// its own.
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import type { JobCost } from '../../pipeline/lanes/lane-task.js';
import { FaceModels } from '../../pipeline/tasks/faces/face-lane.js';
import type { FoundFace } from '../../pipeline/tasks/faces/face-items.js';
import { inputSize } from '../../pipeline/images/model-input.js';
import { wholeFrameGeometry, writeWholeFrame, type Picture } from '../../pipeline/images/resample.js';
import { cameraShow, loadReels } from '../material/reel.js';
import type { BareLoopWork, BareLoopWorkerData, FrameStages, WorkerQuestion, WorkerReport } from './bare-loop-protocol.js';

if (parentPort === null) throw new Error('bare-loop-worker runs as a worker thread');
const port = parentPort;
const { settings, folder, maxPixels, camera, cameras } = workerData as BareLoopWorkerData;
const models = await FaceModels.open(settings, settings);
const show = cameraShow(await loadReels(folder), camera, cameras);
const spec = settings.pack.detector.input;
const input = new SharedArrayBuffer(inputSize(spec) * Float32Array.BYTES_PER_ELEMENT);
let pixels: SharedArrayBuffer | null = null;
let lastFaces: readonly FoundFace[] = [];
/** Goes on from one measurement to the next, so that a film is never cut. */
let count = 0;

port.on('message', (question: WorkerQuestion | null) => {
  if (question === null) void models.close().then(() => port.close());
  else void answer(question).then((report) => port.postMessage(report));
});
port.postMessage('ready');

async function answer({ work, measureFromMs, untilMs }: WorkerQuestion): Promise<WorkerReport> {
  const measured: FrameStages[] = [];
  let faces = 0;
  for (; Date.now() < untilMs; count++) {
    const isMeasured = Date.now() >= measureFromMs;
    const frame = await oneFrame(show(count), work);
    if (!isMeasured) continue;
    measured.push(frame.stages);
    faces += frame.faces;
  }
  return { frames: measured, faces };
}

async function oneFrame(image: Uint8Array, work: BareLoopWork): Promise<{ stages: FrameStages; faces: number }> {
  const startMs = performance.now();
  const decoded = await decodeImage(image, pixels, maxPixels);
  if ('code' in decoded) throw new Error(decoded.message);
  pixels = decoded.pixels;
  const { width, height } = decoded;
  const picture = { data: new Uint8Array(pixels), width, height };
  const decodedMs = performance.now();
  const isLookedAt = work.kind !== 'tracking' || count % work.detectEvery === 0;
  if (isLookedAt) writeWholeFrame(picture, spec, new Float32Array(input));
  const preparedMs = performance.now();

  const cost: JobCost = { inferMs: 0, matchMs: 0, batches: [] };
  if (isLookedAt) lastFaces = await facesIn(picture, cost);
  const memory = pixels;
  const want = work.kind === 'every-face' ? ('match' as const) : ('points' as const);
  if (work.kind !== 'detect') {
    await models.describe(
      lastFaces.map((face) => ({ pixels: memory, width, height, face, want })),
      cost,
    );
  }
  const stages = {
    decode: decodedMs - startMs,
    preprocess: preparedMs - decodedMs,
    infer: cost.inferMs,
    match: cost.matchMs,
    total: performance.now() - startMs,
  };
  return { stages, faces: lastFaces.length };
}

async function facesIn(picture: Picture, cost: JobCost): Promise<readonly FoundFace[]> {
  const { width, height } = picture;
  const [found = []] = await models.detect([{ input, width, height, geometry: wholeFrameGeometry(picture, spec) }], cost);
  return found;
}
