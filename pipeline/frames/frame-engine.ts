// One frame through decoding and whatever its task does with it; or no more than a glance, where the task is content with that. It
// holds the slots and the threads that decode, works on as many frames at once as there are slots, and knows nothing of streams,
// order, or what is in the pictures.
import type { PixelFormat } from '../images/decode-image.js';
import type { FrameView } from '../images/frame-view.js';
import type { Stage, StageCall } from '../lanes/stage.js';
import type { LanePool } from '../scheduling/lane-pool.js';
import type { Origin } from '../scheduling/origin.js';
import type { Size } from '../scheduling/frame-size.js';
import { runningMs, standstillMs } from '../threads/running-time.js';
import { PRIORITY } from '../threads/thread-priority.js';
import { DecodePool } from './decode-pool.js';
import type { FrameInput, FrameJob, Worked } from './frame-job.js';
import { FrameSlots, type FrameSlot } from './frame-slots.js';
import type { HeldImage } from './image-memory.js';
import type { Preprocessed } from './preprocess-worker.js';

export interface FrameWork<R = unknown> {
  /** The engine's to release. */
  readonly image: HeldImage;
  readonly origin: Origin;
  /** By default `usual`. Large ones have places and decoding threads of their own, so that others need not wait for them. */
  readonly size?: Size;
  readonly job: FrameJob<R>;
  /** Told once the frame is decoded, with what there is of it. Must not throw. */
  readonly onDecoded?: (view: FrameView) => void;
}

export interface EngineSettings {
  readonly preprocessWorkers: number;
  /** How many frames may be inside at once, beside large ones. */
  readonly slots: number;
  readonly maxPixels: number;
  /** Told whenever there may be room again. */
  readonly onRoom: () => void;
}

/** Threads that decode large frames, for each that decodes others; one at least. */
const LARGE_SHARE = 0.5;
/** A frame is dear that costs as much as so many items of the cheapest first stage. */
const DEAR_LOOKS = 10;
/** Of what such an item costs, by each that is known. */
const GAIN = 1 / 8;
/** Large frames inside for each of those threads: one is decoded while the other is before the lanes. */
const LARGE_PLACES = 2;

/** A frame inside. */
interface Place {
  readonly slot: FrameSlot;
  readonly pool: DecodePool;
  /** Work so far, ms of a thread. */
  spentMs: number;
  inputBytes: number;
  /** `standstillMs()` when the frame came into it. */
  readonly stoodMs: number;
}

export class FrameEngine {
  readonly #settings: EngineSettings;
  readonly #lanes: LanePool;
  readonly #slots: FrameSlots;
  readonly #usual: DecodePool;
  /** Its threads are made when they are needed: most services never see a large frame. */
  readonly #large: DecodePool;
  /** What an item of each first stage costs, ms: the same for every frame of a task, whatever it shows. */
  readonly #firstStageMs = new Map<Stage, number>();

  constructor(lanes: LanePool, settings: EngineSettings) {
    this.#lanes = lanes;
    this.#settings = settings;
    const { preprocessWorkers, slots } = settings;
    const largeWorkers = Math.max(1, Math.floor(LARGE_SHARE * preprocessWorkers));
    const largePlaces = LARGE_PLACES * largeWorkers;
    this.#slots = new FrameSlots(slots + largePlaces);
    this.#usual = new DecodePool({
      minWorkers: preprocessWorkers,
      maxWorkers: preprocessWorkers,
      places: slots,
      nice: PRIORITY.calculating,
    });
    this.#large = new DecodePool({ minWorkers: 0, maxWorkers: largeWorkers, places: largePlaces, nice: PRIORITY.large });
  }

  /**
   * Whether a frame that is handed in now would be worked on now; if not, it is better off waiting in its stream.
   */
  hasRoomFor(size: Size): boolean {
    return this.#poolOf(size).hasRoom(size === 'unproven');
  }

  /** Frames that cost more than that keep others out, ms of work: some ten faces that are all embedded. Infinite until it is known. */
  get dearMs(): number {
    return DEAR_LOOKS * Math.min(...this.#firstStageMs.values());
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
   * @throws OnlookerError BAD_IMAGE, UNSUPPORTED_MEDIA, TOO_MANY_PIXELS; LaneError when a lane fails; what the job throws
   */
  async work<R>(frame: FrameWork<R>, onSpent: (ms: number) => void = () => undefined): Promise<Worked<R>> {
    const slot = this.#slots.acquire();
    if (slot === undefined) throw new Error('work() was called without room');
    const pool = this.#poolOf(frame.size);
    const leave = pool.enter(frame.size === 'unproven');
    const place: Place = { slot, pool, spentMs: 0, stoodMs: standstillMs(), inputBytes: 0 };
    const startMs = runningMs();
    try {
      const glance = frame.job.mayGlance ? await this.#glance(frame, place) : null;
      return glance?.worked ?? (await this.#run(frame, place, glance?.decodeMs ?? 0));
    } finally {
      frame.image.release();
      this.#slots.release(slot, place.inputBytes);
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
  async #glance<R>(
    { image, job, onDecoded }: FrameWork<R>,
    place: Place,
  ): Promise<{ readonly decodeMs: number; readonly worked: Worked<R> | null }> {
    const { width, height, pixels, channels, decodeMs } = await this.#decode(image, place, 'luma', []);
    const view = { width, height, pixels, channels };
    onDecoded?.(view);
    const result = await job.glance(view);
    if (result === null) return { decodeMs, worked: null };
    const stages = { decode: decodeMs, preprocess: 0, infer: 0, match: 0 };
    return { decodeMs, worked: { width, height, result, isCarried: true, stages } };
  }

  /** @param glanceMs what a glance has cost that did not do */
  async #run<R>({ image, origin, job, onDecoded }: FrameWork<R>, place: Place, glanceMs: number): Promise<Worked<R>> {
    const { width, height, pixels, channels, written, decodeMs, preprocessMs } = await this.#decode(
      image,
      place,
      'rgb',
      job.inputs,
    );
    image.release();
    const view = { width, height, pixels, channels };
    // A glance that did not do has shown it already.
    if (glanceMs === 0) onDecoded?.(view);
    const cost = { inferMs: 0, matchMs: 0 };
    const result = await job.run({ ...view, inputs: written }, this.#callFor(place, origin, cost));
    const stages = { decode: glanceMs + decodeMs, preprocess: preprocessMs, infer: cost.inferMs, match: cost.matchMs };
    return { width, height, result, isCarried: false, stages };
  }

  /** The lanes as a frame's job has them. @param cost counted up as it calls */
  #callFor(place: Place, origin: Origin, cost: { inferMs: number; matchMs: number }): StageCall {
    return async (stage, items) => {
      if (items.length === 0) return [];
      const { answers, inferMs, matchMs, workMs } = await this.#lanes.call(stage, items, origin);
      cost.inferMs += inferMs;
      cost.matchMs += matchMs;
      place.spentMs += workMs;
      if (stage.depth === 0 && place.stoodMs === standstillMs()) this.#noteFirstStage(stage as Stage, workMs / items.length);
      return answers;
    };
  }

  #poolOf(size: Size = 'usual'): DecodePool {
    return size === 'large' ? this.#large : this.#usual;
  }

  #noteFirstStage(stage: Stage, ms: number): void {
    const before = this.#firstStageMs.get(stage);
    this.#firstStageMs.set(stage, before === undefined ? ms : before + GAIN * (ms - before));
  }

  async #decode({ bytes }: HeldImage, place: Place, format: PixelFormat, wanted: readonly FrameInput[]): Promise<Preprocessed> {
    const { slot, pool } = place;
    const startMs = runningMs();
    try {
      const done = await pool.decode({
        image: bytes,
        format,
        pixels: slot.pixels,
        wanted,
        inputs: slot.inputs,
        maxPixels: this.#settings.maxPixels,
      });
      slot.pixels = done.pixels;
      slot.inputs = done.inputs;
      place.inputBytes = Math.max(place.inputBytes, done.inputBytes);
      return done;
    } finally {
      place.spentMs += runningMs() - startMs;
      this.#settings.onRoom();
    }
  }
}
