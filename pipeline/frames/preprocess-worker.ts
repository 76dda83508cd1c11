// A worker of the preprocess pool: one image's bytes to upright pixels and, unless it is only glanced at, a detector's input,
// all in shared memory.
import { parentPort, workerData } from 'node:worker_threads';
import type { ImageInput } from '../../models/family.js';
import { collectGarbageLater, DroppedMemory } from '../threads/collect-garbage.js';
import { CHANNELS, decodeImage, type ImageProblem, type PixelFormat } from '../images/decode-image.js';
import { inputSize } from '../images/model-input.js';
import { partsOf, type PicturePart } from './tiles.js';
import { partGeometry, writePart, type InputGeometry } from '../images/resample.js';
import { yieldToMainThread } from '../threads/thread-priority.js';

export interface PreprocessTask {
  /** In shared memory. */
  readonly image: Uint8Array;
  /** `luma` for a glance: brightness alone, and no detector's input. */
  readonly format: PixelFormat;
  /** Memory of the slot's last frame, or null. */
  readonly pixels: SharedArrayBuffer | null;
  /** Where the detector's input goes: float32, 3 x height x width. */
  readonly input: SharedArrayBuffer;
  /** The same for pictures that are looked at in parts, one after the other; memory of the slot's last such frame, or null. */
  readonly partsInput: SharedArrayBuffer | null;
  readonly spec: ImageInput;
  readonly maxPixels: number;
}
export interface InputPart {
  readonly part: PicturePart;
  readonly geometry: InputGeometry;
}
export interface Preprocessed {
  readonly width: number;
  readonly height: number;
  /** The memory given, or larger memory that takes its place. */
  readonly pixels: SharedArrayBuffer;
  readonly channels: 1 | 3;
  /** What the detector is to look at: the whole, or parts of a very wide or tall picture; none after a glance. */
  readonly parts: readonly InputPart[];
  /** The memory given for parts, or larger memory that takes its place. */
  readonly partsInput: SharedArrayBuffer | null;
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
  if (format === 'luma') return { ...done, parts: [], partsInput: task.partsInput, preprocessMs: 0 };
  const picture = { data: new Uint8Array(decoded.pixels), width: decoded.width, height: decoded.height };
  const parts = partsOf(picture, task.spec);
  const partsInput = parts.length === 1 ? task.partsInput : memoryFor(parts.length, task);
  const memory = parts.length === 1 || partsInput === null ? task.input : partsInput;
  parts.forEach((part, index) => {
    writePart(picture, part, task.spec, new Float32Array(memory, index * task.input.byteLength, inputSize(task.spec)));
  });
  return {
    ...done,
    parts: parts.map((part) => ({ part, geometry: partGeometry(part, task.spec) })),
    partsInput,
    preprocessMs: performance.now() - decodedMs,
  };
}

function memoryFor(parts: number, { input, partsInput }: PreprocessTask): SharedArrayBuffer {
  const bytes = parts * input.byteLength;
  return partsInput !== null && partsInput.byteLength >= bytes ? partsInput : new SharedArrayBuffer(bytes);
}
