// One frame through all stages: decode, detect, points, embedding, search; or no more than a glance, where whoever follows
// its faces is content with that. It holds the slots and the two pools, works on as many frames at once as there are slots,
// and knows nothing of streams, order or names.
import type { ImageInput } from '../../models/family.js';
import type { PixelFormat } from '../images/decode-image.js';
import { withoutParts } from '../tasks/faces/nested-faces.js';
import { FrameLot } from './decode-pool.js';
import { FrameSlots, type FrameSlot } from './frame-slots.js';
import { MAX_FACES_PER_FRAME, type FaceAnswer, type FaceItem, type FoundFace } from '../lanes/lane-protocol.js';
import type { HeldImage } from './image-memory.js';
import { inputSize } from '../images/model-input.js';
import { mergedFaces } from './tiles.js';
import type { InputPart, Preprocessed } from './preprocess-worker.js';
import { runningMs, standstillMs } from '../running-time.js';
import type { LanePool } from '../scheduling/lane-pool.js';
import type { Origin } from '../scheduling/origin.js';
import type { Size } from '../scheduling/fair-queue.js';
import { PRIORITY } from '../threads/thread-priority.js';

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
  /** By default `usual`. Large ones have places and decoding threads of their own, so that others need not wait for them. */
  readonly size?: Size;
  /** What is wanted of each face, or who chooses. */
  readonly want: FaceItem['want'] | FrameGuide;
  /** `[x, y, w, h]` in 0..1: faces whose centre lies outside are left out. */
  readonly region?: readonly [number, number, number, number];
  /** Faces whose longer side is less are left out. */
  readonly minFacePx?: number;
  /** Told once the frame is decoded, with what there is of it. Must not throw. */
  readonly onDecoded?: (view: FrameView) => void;
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
  /** How many frames may be inside at once, beside large ones. */
  readonly slots: number;
  readonly maxPixels: number;
  /** Least score of a face where no guide chooses. */
  readonly detectionScore: number;
  /** Of two faces that overlap by more than this in two parts of a picture, one is left. */
  readonly nmsIou: number;
  /** Told whenever there may be room again. */
  readonly onRoom: () => void;
}

const BYTES_PER_FLOAT = 4;
/** Threads that decode large frames, for each that decodes others; one at least. */
const LARGE_SHARE = 0.5;
/** A frame is dear that costs as much as so many are looked for faces in. */
const DEAR_LOOKS = 10;
/** Of what a look costs, by each that is known. */
const GAIN = 1 / 8;
/** Large frames inside for each of those threads: one is decoded while the other is before the lanes. */
const LARGE_PLACES = 2;

/** A frame inside. */
interface Place {
  readonly slot: FrameSlot;
  readonly lot: FrameLot;
  /** Work so far, ms of a thread. */
  spentMs: number;
  /** `standstillMs()` when the frame came into it. */
  readonly stoodMs: number;
  hasParts: boolean;
}

export class FrameEngine {
  readonly #settings: EngineSettings;
  readonly #lanes: LanePool;
  readonly #slots: FrameSlots;
  readonly #usual: FrameLot;
  /** Its threads are made when they are needed: most services never see a large frame. */
  readonly #large: FrameLot;
  /** To look for faces in a frame; the same for every frame, whatever it shows. Infinite until it is known. */
  #lookMs = Infinity;

  constructor(lanes: LanePool, settings: EngineSettings) {
    this.#lanes = lanes;
    this.#settings = settings;
    const { preprocessWorkers, slots } = settings;
    const largeWorkers = Math.max(1, Math.floor(LARGE_SHARE * preprocessWorkers));
    const largePlaces = LARGE_PLACES * largeWorkers;
    this.#slots = new FrameSlots(slots + largePlaces, inputSize(settings.input) * BYTES_PER_FLOAT);
    this.#usual = new FrameLot({
      minWorkers: preprocessWorkers,
      maxWorkers: preprocessWorkers,
      places: slots,
      nice: PRIORITY.calculating,
    });
    this.#large = new FrameLot({ minWorkers: 0, maxWorkers: largeWorkers, places: largePlaces, nice: PRIORITY.large });
  }

  /**
   * Whether a frame that is handed in now would be worked on now; if not, it is better off waiting in its stream.
   */
  hasRoomFor(size: Size): boolean {
    return this.#lotOf(size).hasRoom(size === 'unproven');
  }

  /** Frames that cost more than that keep others out, ms of work: some ten faces that are all embedded. */
  get dearMs(): number {
    return DEAR_LOOKS * this.#lookMs;
  }

  /** Frames that are being decoded and soon done. */
  get preprocessing(): number {
    return this.#usual.decoding;
  }

  get inFlight(): number {
    return this.#slots.inUse;
  }

  /**
   * Works on one frame; call only while there is room for it.
   * @param onSpent told how much work it was, ms of a thread, however it ends
   * @throws OnlookerError BAD_IMAGE, UNSUPPORTED_MEDIA, TOO_MANY_PIXELS; LaneError when a lane fails
   */
  async work(frame: FrameWork, onSpent: (ms: number) => void = () => undefined): Promise<WorkedFrame> {
    const slot = this.#slots.acquire();
    if (slot === undefined) throw new Error('work() was called without room');
    const lot = this.#lotOf(frame.size);
    const leave = lot.enter(frame.size === 'unproven');
    const place: Place = { slot, lot, spentMs: 0, stoodMs: standstillMs(), hasParts: false };
    const startMs = runningMs();
    try {
      const { want } = frame;
      const glance = typeof want !== 'string' && want.mayCarry ? await this.#glance(frame, want, place) : null;
      return glance?.worked ?? (await this.#look(frame, place, glance?.decodeMs ?? 0));
    } finally {
      frame.image.release();
      this.#slots.release(slot, place.hasParts);
      leave();
      // Threads measure for themselves, also how long they stood.
      onSpent(place.stoodMs === standstillMs() ? place.spentMs : Math.min(place.spentMs, runningMs() - startMs));
      this.#settings.onRoom();
    }
  }

  /** Does other work in the place of a large frame; call only while there is room for one. @param job must not reject */
  async aside(job: () => Promise<void>, onSpent: (ms: number) => void): Promise<void> {
    const startMs = runningMs();
    await this.#large.hold(job);
    onSpent(runningMs() - startMs);
    this.#settings.onRoom();
  }

  async close(): Promise<void> {
    await Promise.all([this.#usual.close(), this.#large.close()]);
    await this.#lanes.close();
  }

  /** A frame of which no more than its brightness is decoded, where that will do. */
  async #glance(
    frame: FrameWork,
    guide: FrameGuide,
    place: Place,
  ): Promise<{ readonly decodeMs: number; readonly worked: WorkedFrame | null }> {
    const { width, height, pixels, channels, decodeMs } = await this.#decode(frame.image, place, 'luma');
    const view = { width, height, pixels, channels };
    frame.onDecoded?.(view);
    const faces = await guide.carry(view, (face) => isWanted(face, frame, { width, height }));
    if (faces === null) return { decodeMs, worked: null };
    const stages = { decode: decodeMs, preprocess: 0, infer: 0, match: 0 };
    return { decodeMs, worked: { width, height, faces, isCarried: true, stages } };
  }

  /** @param glanceMs what a glance has cost that did not do */
  async #look(frame: FrameWork, place: Place, glanceMs: number): Promise<WorkedFrame> {
    const { origin, want } = frame;
    const { width, height, pixels, channels, parts, decodeMs, preprocessMs } = await this.#decode(frame.image, place, 'rgb');
    frame.image.release();
    const view = { width, height, pixels, channels };
    // A glance that did not do has shown it already.
    if (glanceMs === 0) frame.onDecoded?.(view);
    const detected = await this.#detect(parts, { width, height }, place, origin);
    const chosen = await this.#choose(
      withoutParts(detected.faces, this.#settings.detectionScore).filter((face) => isWanted(face, frame, { width, height })),
      want,
      view,
    );
    const described = await this.#lanes.describe(
      chosen.map((face) => ({ pixels, width, height, ...face })),
      origin,
    );
    place.spentMs += described.workMs;
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

  /** The faces of the whole picture, or of its parts as those of the whole. */
  async #detect(
    parts: readonly InputPart[],
    size: Pick<FrameView, 'width' | 'height'>,
    place: Place,
    origin: Origin,
  ): Promise<{ readonly faces: readonly FoundFace[]; readonly inferMs: number; readonly workMs: number }> {
    const { slot } = place;
    const isWhole = parts.length === 1;
    const input = isWhole ? slot.input : slot.partsInput;
    if (input === null || parts.length === 0) throw new Error('a frame that is looked at has a detector input');
    const items = parts.map(({ geometry }, index) => ({ input, ...size, geometry, offset: index * slot.input.byteLength }));
    const { found, ...cost } = await this.#lanes.detect(items, origin);
    place.spentMs += cost.workMs;
    if (place.stoodMs === standstillMs()) this.#noteLook(cost.workMs / parts.length);
    if (isWhole) return { faces: found[0] ?? [], ...cost };
    const { nmsIou } = this.#settings;
    const faces = mergedFaces(
      parts.map(({ part }) => part),
      found,
      nmsIou,
      MAX_FACES_PER_FRAME,
    );
    return { faces, ...cost };
  }

  #lotOf(size: Size = 'usual'): FrameLot {
    return size === 'large' ? this.#large : this.#usual;
  }

  #noteLook(ms: number): void {
    this.#lookMs = Number.isFinite(this.#lookMs) ? this.#lookMs + GAIN * (ms - this.#lookMs) : ms;
  }

  async #choose(faces: readonly FoundFace[], want: FrameWork['want'], view: FrameView): Promise<readonly ChosenFace[]> {
    if (typeof want !== 'string') return want.choose(faces, view);
    return faces.filter(({ score }) => score >= this.#settings.detectionScore).map((face) => ({ face, want }));
  }

  async #decode({ bytes }: HeldImage, place: Place, format: PixelFormat): Promise<Preprocessed> {
    const { slot, lot } = place;
    const startMs = runningMs();
    try {
      const done = await lot.decode({
        image: bytes,
        format,
        pixels: slot.pixels,
        input: slot.input,
        partsInput: slot.partsInput,
        spec: this.#settings.input,
        maxPixels: this.#settings.maxPixels,
      });
      slot.pixels = done.pixels;
      slot.partsInput = done.partsInput;
      place.hasParts ||= done.parts.length > 1;
      return done;
    } finally {
      place.spentMs += runningMs() - startMs;
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
