// A worker of the preprocess pool: one image's bytes to upright pixels and, unless it is only glanced at, inputs of models, all in
// shared memory.
import { parentPort, workerData } from 'node:worker_threads';
import { collectGarbageLater, DroppedMemory } from '../threads/collect-garbage.js';
import { CHANNELS, decodeImage, type ImageProblem, type PixelFormat } from '../images/decode-image.js';
import type { FrameInput, WrittenInput } from './frame-job.js';
import { inputPlan } from './input-plan.js';
import type { Picture } from '../images/resample.js';
import { yieldToMainThread } from '../threads/thread-priority.js';

export interface PreprocessTask {
  /** In shared memory. */
  readonly image: Uint8Array;
  /** `luma` for a glance: brightness alone, and no inputs. */
  readonly format: PixelFormat;
  /** Memory of the slot's last frame, or null. */
  readonly pixels: SharedArrayBuffer | null;
  /** Which inputs are wanted, and memory of those of the slot's last frame, or null. */
  readonly wanted: readonly FrameInput[];
  readonly inputs: SharedArrayBuffer | null;
  readonly maxPixels: number;
}
export interface Preprocessed {
  readonly width: number;
  readonly height: number;
  /** The memory given, or larger memory that takes its place. */
  readonly pixels: SharedArrayBuffer;
  readonly channels: 1 | 3;
  /** Those that were wanted, in their order, each of the whole frame or of its tiles; none after a glance. */
  readonly written: readonly (readonly WrittenInput[])[];
  /** The memory given for inputs, or larger memory that takes its place. */
  readonly inputs: SharedArrayBuffer | null;
  readonly inputBytes: number;
  readonly decodeMs: number;
  readonly preprocessMs: number;
}

/** What a thread of the pool is told when it starts. */
export interface PreprocessThread {
  /** Of PRIORITY. */
  readonly nice: number;
}

yieldToMainThread((workerData as PreprocessThread).nice);
// All libraries are loaded: from now on the thread may be ended.
parentPort?.postMessage('loaded');

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
  if (format === 'luma') return { ...done, written: [], inputs: task.inputs, inputBytes: 0, preprocessMs: 0 };
  const picture = { data: new Uint8Array(decoded.pixels), width: decoded.width, height: decoded.height };
  const made = writeInputs(picture, task);
  if (made.inputs !== null && made.inputs !== task.inputs) madeBytes += made.inputs.byteLength;
  return { ...done, ...made, preprocessMs: performance.now() - decodedMs };
}

function writeInputs(
  picture: Picture,
  { wanted, inputs }: PreprocessTask,
): Pick<Preprocessed, 'written' | 'inputs' | 'inputBytes'> {
  const plans = wanted.map((input) => inputPlan(picture, input));
  const inputBytes = plans.reduce((sum, { parts, bytes }) => sum + parts.length * bytes, 0);
  if (inputBytes === 0) return { written: plans.map(() => []), inputs, inputBytes };
  const memory = inputs !== null && inputs.byteLength >= inputBytes ? inputs : new SharedArrayBuffer(inputBytes);
  let next = 0;
  const written = plans.map(({ parts, bytes, write }) =>
    parts.map((part) => {
      const offset = next;
      next += bytes;
      return { memory, offset, part, geometry: write(part, memory, offset) };
    }),
  );
  return { written, inputs: memory, inputBytes };
}
