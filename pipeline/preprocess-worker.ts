// A worker of the preprocess pool: one image's bytes to upright pixels and, unless it is only glanced at, a detector's input,
// all in shared memory.
import { workerData } from 'node:worker_threads';
import type { ImageInput } from '../models/family.js';
import { collectGarbageLater, DroppedMemory } from './collect-garbage.js';
import { CHANNELS, decodeImage, type ImageProblem, type PixelFormat } from './decode-image.js';
import { wholeFrameGeometry, writeWholeFrame, type InputGeometry } from './resample.js';
import { yieldToMainThread } from './thread-priority.js';

export interface PreprocessTask {
  /** In shared memory. */
  readonly image: Uint8Array;
  /** `luma` for a glance: brightness alone, and no detector's input. */
  readonly format: PixelFormat;
  /** Memory of the slot's last frame, or null. */
  readonly pixels: SharedArrayBuffer | null;
  /** Where the detector's input goes: float32, 3 x height x width. */
  readonly input: SharedArrayBuffer;
  readonly spec: ImageInput;
  readonly maxPixels: number;
}
export interface Preprocessed {
  readonly width: number;
  readonly height: number;
  /** The memory given, or larger memory that takes its place. */
  readonly pixels: SharedArrayBuffer;
  readonly channels: 1 | 3;
  /** Of the detector's input; null after a glance. */
  readonly geometry: InputGeometry | null;
  readonly decodeMs: number;
  readonly preprocessMs: number;
}

/** What a thread of the pool is told when it starts. */
export interface PreprocessThread {
  /** Of PRIORITY. */
  readonly nice: number;
}

yieldToMainThread((workerData as PreprocessThread).nice);

/** Memory that was made here for large images and is others' by now; only this thread's garbage still keeps it. */
const handedOn = new DroppedMemory();
let madeBytes = 0;

export default async function preprocess(task: PreprocessTask): Promise<Preprocessed | ImageProblem> {
  collectGarbageLater();
  handedOn.add(madeBytes);
  madeBytes = 0;
  const startMs = performance.now();
  const { format } = task;
  const decoded = await decodeImage(task.image, task.pixels, task.maxPixels, format);
  if ('code' in decoded) return decoded;
  if (decoded.pixels !== task.pixels) madeBytes = decoded.pixels.byteLength;
  const decodedMs = performance.now();
  const done = { ...decoded, channels: CHANNELS[format], decodeMs: decodedMs - startMs };
  if (format === 'luma') return { ...done, geometry: null, preprocessMs: 0 };
  const picture = { data: new Uint8Array(decoded.pixels), width: decoded.width, height: decoded.height };
  writeWholeFrame(picture, task.spec, new Float32Array(task.input));
  return {
    ...done,
    geometry: wholeFrameGeometry(picture, task.spec),
    preprocessMs: performance.now() - decodedMs,
  };
}
