// One frame through all stages: decode, detect, points, embedding, search. It holds the slots and the two pools, works
// on as many frames at once as there are slots, and knows nothing of streams, order or names.
import { Piscina } from 'piscina';
import type { ImageInput } from '../models/family.js';
import { OnlookerError } from '../protocol/errors.js';
import type { ImageProblem } from './decode-image.js';
import { FrameSlots, type FrameSlot } from './frame-slots.js';
import type { FaceAnswer, FaceItem, FoundFace } from './lane-protocol.js';
import type { LanePool } from './lane-pool.js';
import { inputSize } from './model-input.js';
import type { Preprocessed, PreprocessTask } from './preprocess-worker.js';
import { workerFile } from './worker-file.js';

export interface FrameWork {
  readonly image: Uint8Array;
  readonly want: FaceItem['want'];
  /** `[x, y, w, h]` in 0..1: faces whose centre lies outside are left out. */
  readonly region?: readonly [number, number, number, number];
  /** Faces whose longer side is less are left out. */
  readonly minFacePx?: number;
}

export interface WorkedFrame {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly { readonly face: FoundFace; readonly answer: FaceAnswer }[];
  readonly stages: { readonly decode: number; readonly preprocess: number; readonly infer: number; readonly match: number };
}

export interface EngineSettings {
  readonly input: ImageInput;
  readonly preprocessWorkers: number;
  /** How many frames may be inside at once. */
  readonly slots: number;
  readonly maxPixels: number;
  /** Told whenever there may be room again. */
  readonly onRoom: () => void;
}

const BYTES_PER_FLOAT = 4;

export class FrameEngine {
  readonly #settings: EngineSettings;
  readonly #lanes: LanePool;
  readonly #slots: FrameSlots;
  readonly #preprocess: Piscina<PreprocessTask, Preprocessed | ImageProblem>;
  #preprocessing = 0;

  constructor(lanes: LanePool, settings: EngineSettings) {
    this.#lanes = lanes;
    this.#settings = settings;
    this.#slots = new FrameSlots(settings.slots, inputSize(settings.input) * BYTES_PER_FLOAT);
    this.#preprocess = new Piscina({
      filename: workerFile('preprocess-worker', import.meta.url).href,
      minThreads: settings.preprocessWorkers,
      maxThreads: settings.preprocessWorkers,
      // Waiting on Atomics would keep a worker's event loop, and with it sharp's answers, from turning.
      atomics: 'disabled',
    });
  }

  /** Whether a frame that is handed in now would be worked on now; if not, it is better off waiting in its stream. */
  get hasRoom(): boolean {
    return this.#preprocessing < this.#settings.preprocessWorkers && this.#slots.inUse < this.#slots.count;
  }

  get inFlight(): number {
    return this.#slots.inUse;
  }

  /**
   * Works on one frame; call only while `hasRoom`.
   * @throws OnlookerError BAD_IMAGE, UNSUPPORTED_MEDIA, TOO_MANY_PIXELS; LaneError when a lane fails
   */
  async work(frame: FrameWork): Promise<WorkedFrame> {
    const slot = this.#slots.acquire();
    if (slot === undefined) throw new Error('work() was called without room');
    try {
      const picture = await this.#decode(frame.image, slot);
      const { width, height, decodeMs, preprocessMs } = picture;
      const detected = await this.#lanes.detect({ input: slot.input, width, height, geometry: picture.geometry });
      const faces = detected.faces.filter((face) => isWanted(face, frame, width, height));
      const described = await this.#lanes.describe(
        faces.map((face) => ({ pixels: picture.pixels, width, height, face, want: frame.want })),
      );
      return {
        width,
        height,
        faces: faces.map((face, index) => ({ face, answer: described.answers[index] ?? { points: [] } })),
        stages: {
          decode: decodeMs,
          preprocess: preprocessMs,
          infer: detected.inferMs + described.inferMs,
          match: described.matchMs,
        },
      };
    } finally {
      this.#slots.release(slot);
      this.#settings.onRoom();
    }
  }

  async close(): Promise<void> {
    // Only ever idle workers are ended here: a thread that is ended in the middle of a decode aborts the process.
    await this.#preprocess.close();
    await this.#lanes.close();
  }

  async #decode(image: Uint8Array, slot: FrameSlot): Promise<Preprocessed> {
    this.#preprocessing++;
    try {
      const moved = movable(image);
      const transferList = moved.buffer instanceof ArrayBuffer ? [moved.buffer] : [];
      const task = {
        image: moved,
        pixels: slot.pixels,
        input: slot.input,
        spec: this.#settings.input,
        maxPixels: this.#settings.maxPixels,
      };
      const done = await this.#preprocess.run(task, { transferList });
      if ('code' in done) throw new OnlookerError(done.code, done.message);
      slot.pixels = done.pixels;
      return done;
    } finally {
      this.#preprocessing--;
      this.#settings.onRoom();
    }
  }
}

/** Small buffers may lie in Node's shared pool, which must not be moved to another thread: those are copied. */
const ALWAYS_MOVED_BYTES = 64 * 1024;
function movable(image: Uint8Array): Uint8Array {
  return image.byteLength > ALWAYS_MOVED_BYTES ? image : new Uint8Array(image);
}

function isWanted(face: FoundFace, frame: FrameWork, width: number, height: number): boolean {
  if (frame.minFacePx !== undefined && Math.max(face.x2 - face.x1, face.y2 - face.y1) < frame.minFacePx) return false;
  if (frame.region === undefined) return true;
  const [left, top, w, h] = frame.region;
  const x = (face.x1 + face.x2) / 2 / width;
  const y = (face.y1 + face.y2) / 2 / height;
  return x >= left && x <= left + w && y >= top && y <= top + h;
}
