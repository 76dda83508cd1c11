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

/** A decoded frame whose faces were found. `pixels` (RGB) are its slot's memory: they may be read until the call returns. */
export interface FrameView {
  readonly width: number;
  readonly height: number;
  readonly pixels: SharedArrayBuffer;
}
export interface DescribedFace {
  readonly face: FoundFace;
  readonly answer: FaceAnswer;
}

/** Somebody who remembers earlier frames and decides what this one's faces are worth. */
export interface FrameGuide {
  /**
   * Which of the faces go on, and what is wanted of each. It may wait for the frames before this one, never for those after.
   * @param faces also those below the detection threshold
   */
  choose(faces: readonly FoundFace[], view: FrameView): Promise<readonly ChosenFace[]>;
  /** Looks at the faces while their pixels are still there. */
  described(faces: readonly DescribedFace[], view: FrameView): void;
}
export type ChosenFace = Pick<FaceItem, 'face' | 'want'>;

export interface FrameWork {
  readonly image: Uint8Array;
  /** What is wanted of each face, or who chooses. */
  readonly want: FaceItem['want'] | FrameGuide;
  /** `[x, y, w, h]` in 0..1: faces whose centre lies outside are left out. */
  readonly region?: readonly [number, number, number, number];
  /** Faces whose longer side is less are left out. */
  readonly minFacePx?: number;
}

export interface WorkedFrame {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly DescribedFace[];
  readonly stages: { readonly decode: number; readonly preprocess: number; readonly infer: number; readonly match: number };
}

export interface EngineSettings {
  readonly input: ImageInput;
  readonly preprocessWorkers: number;
  /** How many frames may be inside at once. */
  readonly slots: number;
  readonly maxPixels: number;
  /** Least score of a face where no guide chooses. */
  readonly detectionScore: number;
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
      const view = { width, height, pixels: picture.pixels };
      const chosen = await this.#choose(
        detected.faces.filter((face) => isWanted(face, frame, width, height)),
        frame.want,
        view,
      );
      const described = await this.#lanes.describe(chosen.map((face) => ({ ...view, ...face })));
      const faces = chosen.map(({ face }, index) => ({ face, answer: described.answers[index] ?? { points: [] } }));
      if (typeof frame.want !== 'string') frame.want.described(faces, view);
      return {
        width,
        height,
        faces,
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

  async #choose(faces: readonly FoundFace[], want: FrameWork['want'], view: FrameView): Promise<readonly ChosenFace[]> {
    if (typeof want !== 'string') return want.choose(faces, view);
    return faces.filter(({ score }) => score >= this.#settings.detectionScore).map((face) => ({ face, want }));
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
