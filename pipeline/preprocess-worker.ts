// A worker of the preprocess pool: one image's bytes to upright pixels and a detector's input, both in shared memory.
import type { ImageInput } from '../models/family.js';
import { decodeImage, type ImageProblem } from './decode-image.js';
import { wholeFrameGeometry, writeWholeFrame, type InputGeometry } from './resample.js';
import { yieldToMainThread } from './thread-priority.js';

export interface PreprocessTask {
  readonly image: Uint8Array;
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
  readonly geometry: InputGeometry;
  readonly decodeMs: number;
  readonly preprocessMs: number;
}

yieldToMainThread();

export default async function preprocess(task: PreprocessTask): Promise<Preprocessed | ImageProblem> {
  const startMs = performance.now();
  const decoded = await decodeImage(task.image, task.pixels, task.maxPixels);
  if ('code' in decoded) return decoded;
  const decodedMs = performance.now();
  const picture = { data: new Uint8Array(decoded.pixels), width: decoded.width, height: decoded.height };
  writeWholeFrame(picture, task.spec, new Float32Array(task.input));
  return {
    ...decoded,
    geometry: wholeFrameGeometry(picture, task.spec),
    decodeMs: decodedMs - startMs,
    preprocessMs: performance.now() - decodedMs,
  };
}
