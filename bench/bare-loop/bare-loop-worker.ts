// A thread of the bare loop: frame after frame through the very stages of the pipeline, with the same libraries, models
// and gallery, and nothing in between: no network, no queues, no other thread. What the pipeline costs beyond this is
// its own.
import { parentPort, workerData } from 'node:worker_threads';
import { decodeImage } from '../../pipeline/decode-image.js';
import { LaneModels, type JobCost } from '../../pipeline/lane-models.js';
import { inputSize } from '../../pipeline/model-input.js';
import { wholeFrameGeometry, writeWholeFrame } from '../../pipeline/resample.js';
import { loadFrames } from '../material/material.js';
import type { BareLoopWorkerData, FrameStages, WorkerQuestion, WorkerReport } from './bare-loop-protocol.js';

if (parentPort === null) throw new Error('bare-loop-worker runs as a worker thread');
const port = parentPort;
const { settings, folder, maxPixels, offset } = workerData as BareLoopWorkerData;
const models = await LaneModels.open(settings);
const frames = await loadFrames(folder);
const spec = settings.pack.detector.input;
const input = new SharedArrayBuffer(inputSize(spec) * Float32Array.BYTES_PER_ELEMENT);
let pixels: SharedArrayBuffer | null = null;

port.on('message', (question: WorkerQuestion | null) => {
  if (question === null) void models.close().then(() => port.close());
  else void work(question).then((report) => port.postMessage(report));
});
port.postMessage('ready');

async function work({ measureFromMs, untilMs }: WorkerQuestion): Promise<WorkerReport> {
  const measured: FrameStages[] = [];
  let faces = 0;
  for (let count = offset; Date.now() < untilMs; count++) {
    const isMeasured = Date.now() >= measureFromMs;
    const frame = await oneFrame(frames[count % frames.length] ?? Buffer.of());
    if (!isMeasured) continue;
    measured.push(frame.stages);
    faces += frame.faces;
  }
  return { frames: measured, faces };
}

async function oneFrame(image: Uint8Array): Promise<{ stages: FrameStages; faces: number }> {
  const startMs = performance.now();
  const decoded = await decodeImage(image, pixels, maxPixels);
  if ('code' in decoded) throw new Error(decoded.message);
  pixels = decoded.pixels;
  const decodedMs = performance.now();
  const { width, height } = decoded;
  const picture = { data: new Uint8Array(pixels), width, height };
  writeWholeFrame(picture, spec, new Float32Array(input));
  const preparedMs = performance.now();

  const cost: JobCost = { inferMs: 0, matchMs: 0, batches: [] };
  const geometry = wholeFrameGeometry(picture, spec);
  const [found = []] = await models.detect([{ input, width, height, geometry }], cost);
  const memory = pixels;
  await models.describe(
    found.map((face) => ({ pixels: memory, width, height, face, want: 'match' })),
    cost,
  );
  const stages = {
    decode: decodedMs - startMs,
    preprocess: preparedMs - decodedMs,
    infer: cost.inferMs,
    match: cost.matchMs,
    total: performance.now() - startMs,
  };
  return { stages, faces: found.length };
}
