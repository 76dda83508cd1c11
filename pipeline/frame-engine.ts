// One frame through all stages: decode, detect, points, embedding, search; or no more than a glance, where whoever follows
// its faces is content with that. It holds the slots and the two pools, works on as many frames at once as there are slots,
// and knows nothing of streams, order or names.
import { Piscina } from 'piscina';
import type { ImageInput } from '../models/family.js';
import { OnlookerError } from '../protocol/errors.js';
import type { ImageProblem, PixelFormat } from './decode-image.js';
import { FrameSlots, type FrameSlot } from './frame-slots.js';
import type { FaceAnswer, FaceItem, FoundFace } from './lane-protocol.js';
import type { HeldImage } from './image-memory.js';
import { inputSize } from './model-input.js';
import type { Preprocessed, PreprocessTask } from './preprocess-worker.js';
import { FrameCosts } from './scheduling/frame-costs.js';
import type { LanePool } from './scheduling/lane-pool.js';
import type { Origin } from './scheduling/origin.js';
import { CALCULATING_THREAD } from './thread-limits.js';
import { workerFile } from './worker-file.js';

/** A decoded frame. `pixels` are its slot's memory: they may be read until the call returns. */
export interface FrameView {
  readonly width: number;
  readonly height: number;
  readonly pixels: SharedArrayBuffer;
  /** 3 for RGB, 1 for the brightness alone that a glance has. */
  readonly channels: 1 | 3;
}
export interface DescribedFace {
  readonly face: FoundFace;
  readonly answer: FaceAnswer;
}

/** Somebody who remembers earlier frames and decides what this one's faces are worth. */
export interface FrameGuide {
  /** Whether a glance at the frame may do. Asked once, when it goes to work. */
  readonly mayCarry: boolean;
  /**
   * The faces of earlier frames where they are in this one, without looking for them; null where it has to be looked at.
   * It may wait for the frames before this one, never for those after.
   * @param view its brightness alone
   * @param isWanted whether a face there is one that was asked for
   */
  carry(view: FrameView, isWanted: (face: FoundFace) => boolean): Promise<readonly DescribedFace[] | null>;
  /**
   * Which of the faces go on, and what is wanted of each. It may wait as `carry` may.
   * @param faces also those below the detection threshold
   */
  choose(faces: readonly FoundFace[], view: FrameView): Promise<readonly ChosenFace[]>;
  /** Looks at the faces while their pixels are still there. */
  described(faces: readonly DescribedFace[], view: FrameView): void;
}
export type ChosenFace = Pick<FaceItem, 'face' | 'want' | 'expectedPoints'>;

export interface FrameWork {
  /** The engine's to release. */
  readonly image: HeldImage;
  readonly origin: Origin;
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
  /** Whether the faces were carried on from earlier frames, and not looked for in this one. */
  readonly isCarried: boolean;
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
  readonly #costs = new FrameCosts();
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
      resourceLimits: CALCULATING_THREAD,
    });
  }

  /** Whether a frame that is handed in now would be worked on now; if not, it is better off waiting in its stream. */
  get hasRoom(): boolean {
    return this.#preprocessing < this.#settings.preprocessWorkers && this.#slots.inUse < this.#slots.count;
  }

  /** Frames that are being decoded. */
  get preprocessing(): number {
    return this.#preprocessing;
  }

  get inFlight(): number {
    return this.#slots.inUse;
  }

  /** How long a stream's frame takes that goes to work now, ms: 0 while nothing is under way, so that it is found out again. */
  get expectedMs(): number {
    return this.inFlight === 0 ? 0 : this.#costs.expectedMs;
  }

  /**
   * Works on one frame; call only while `hasRoom`.
   * @throws OnlookerError BAD_IMAGE, UNSUPPORTED_MEDIA, TOO_MANY_PIXELS; LaneError when a lane fails
   */
  async work(frame: FrameWork): Promise<WorkedFrame> {
    const slot = this.#slots.acquire();
    if (slot === undefined) throw new Error('work() was called without room');
    const startMs = performance.now();
    try {
      const { want } = frame;
      const glance = typeof want !== 'string' && want.mayCarry ? await this.#glance(frame, want, slot) : null;
      if (glance?.worked) return glance.worked;
      const worked = await this.#look(frame, slot, glance?.decodeMs ?? 0);
      // A photo of 33 megapixels takes a second, and would have streams drop frames that take a thirtieth of that.
      if (!frame.origin.isInteractive) this.#costs.note(performance.now() - startMs);
      return worked;
    } finally {
      frame.image.release();
      this.#slots.release(slot);
      this.#settings.onRoom();
    }
  }

  async close(): Promise<void> {
    // Only ever idle workers are ended here: a thread that is ended in the middle of a decode aborts the process.
    await this.#preprocess.close();
    await this.#lanes.close();
  }

  /** A frame of which no more than its brightness is decoded, where that will do. */
  async #glance(
    frame: FrameWork,
    guide: FrameGuide,
    slot: FrameSlot,
  ): Promise<{ readonly decodeMs: number; readonly worked: WorkedFrame | null }> {
    const { width, height, pixels, channels, decodeMs } = await this.#decode(frame.image, slot, 'luma');
    const faces = await guide.carry({ width, height, pixels, channels }, (face) => isWanted(face, frame, { width, height }));
    if (faces === null) return { decodeMs, worked: null };
    const stages = { decode: decodeMs, preprocess: 0, infer: 0, match: 0 };
    return { decodeMs, worked: { width, height, faces, isCarried: true, stages } };
  }

  /** @param glanceMs what a glance has cost that did not do */
  async #look(frame: FrameWork, slot: FrameSlot, glanceMs: number): Promise<WorkedFrame> {
    const { origin, want } = frame;
    const { width, height, pixels, channels, geometry, decodeMs, preprocessMs } = await this.#decode(frame.image, slot, 'rgb');
    if (geometry === null) throw new Error('a frame that is looked at has a detector input');
    frame.image.release();
    const detected = await this.#lanes.detect({ input: slot.input, width, height, geometry }, origin);
    const view = { width, height, pixels, channels };
    const chosen = await this.#choose(
      detected.faces.filter((face) => isWanted(face, frame, { width, height })),
      want,
      view,
    );
    const described = await this.#lanes.describe(
      chosen.map((face) => ({ pixels, width, height, ...face })),
      origin,
    );
    const faces = chosen.map(({ face }, index) => ({ face, answer: described.answers[index] ?? { points: [] } }));
    if (typeof want !== 'string') want.described(faces, view);
    return {
      width,
      height,
      faces,
      isCarried: false,
      stages: {
        decode: glanceMs + decodeMs,
        preprocess: preprocessMs,
        infer: detected.inferMs + described.inferMs,
        match: described.matchMs,
      },
    };
  }

  async #choose(faces: readonly FoundFace[], want: FrameWork['want'], view: FrameView): Promise<readonly ChosenFace[]> {
    if (typeof want !== 'string') return want.choose(faces, view);
    return faces.filter(({ score }) => score >= this.#settings.detectionScore).map((face) => ({ face, want }));
  }

  async #decode({ bytes }: HeldImage, slot: FrameSlot, format: PixelFormat): Promise<Preprocessed> {
    this.#preprocessing++;
    try {
      const done = await this.#preprocess.run({
        image: bytes,
        format,
        pixels: slot.pixels,
        input: slot.input,
        spec: this.#settings.input,
        maxPixels: this.#settings.maxPixels,
      });
      if ('code' in done) throw new OnlookerError(done.code, done.message);
      slot.pixels = done.pixels;
      return done;
    } finally {
      this.#preprocessing--;
      this.#settings.onRoom();
    }
  }
}

/** Whether a face is large enough, and where it was asked for. */
export function isWanted(
  face: FoundFace,
  { minFacePx, region }: Pick<FrameWork, 'minFacePx' | 'region'>,
  { width, height }: { readonly width: number; readonly height: number },
): boolean {
  if (minFacePx !== undefined && Math.max(face.x2 - face.x1, face.y2 - face.y1) < minFacePx) return false;
  if (region === undefined) return true;
  const [left, top, w, h] = region;
  const x = (face.x1 + face.x2) / 2 / width;
  const y = (face.y1 + face.y2) / 2 / height;
  return x >= left && x <= left + w && y >= top && y <= top + h;
}
