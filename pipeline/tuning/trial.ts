// Tries an arrangement out: the engine itself with its lanes, on a picture of nobody in which faces are said to be, so that
// each frame takes every stage that a camera's would. First as much as goes through, then at four fifths of that.
import { FrameEngine } from '../frames/frame-engine.js';
import type { FrameJob } from '../frames/frame-job.js';
import { ImageMemory } from '../frames/image-memory.js';
import type { LaneTaskSource } from '../lanes/lane.js';
import { startLanes } from '../lanes/lane-start.js';
import type { PipelineOptions } from '../pipeline-options.js';
import type { Origin } from '../scheduling/origin.js';
import { EASED, FACES_OF_FRAMES, lookEvery } from './assumed-use.js';
import type { LanePlan } from './lane-plan.js';
import { samplePicture } from './sample-picture.js';
import type { Served, Trial } from './tuning-store.js';

const WARMUP_MS = 400;
const FULL_MS = 1500;
const EASED_MS = 1500;

/** Whether each face is embedded, or followed as those are who are known. */
export type SampleKind = 'everyFace' | 'followed';
type Kind = SampleKind;

/** What a task does with frames, for trials. */
export interface SampleTask {
  readonly lane: LaneTaskSource;
  /** A frame in which so many things are said to be. @param isGlance it is not looked at, since nothing has changed */
  frame(things: number, kind: SampleKind, isGlance: boolean): FrameJob<unknown>;
}

/** @throws LaneError when the lanes do not start */
export async function tryPlan(
  plan: LanePlan,
  options: PipelineOptions,
  provider: PipelineOptions['provider'],
  task: SampleTask,
): Promise<Trial> {
  let room: () => void = () => undefined;
  const untuned = { ...options, provider, tasks: [task.lane], tuningOf: () => Promise.resolve(null) };
  const started = await startLanes(untuned, () => undefined, plan);
  const engine = new FrameEngine(started.lanes, {
    preprocessWorkers: started.preprocessWorkers,
    slots: started.slots,
    maxPixels: options.maxPixels,
    onRoom: () => room(),
  });
  try {
    const picture = await samplePicture();
    const run = new Run(engine, task, picture, lookEvery(options.detectEvery), (tell) => (room = tell));
    const everyFace = await served(run, 'everyFace');
    const followed = await served(run, 'followed');
    return { plan: started.plan, everyFace, followed };
  } finally {
    await engine.close();
  }
}

async function served(run: Run, kind: Kind): Promise<Served> {
  await run.atRate(kind, Infinity, WARMUP_MS);
  const { framesPerSecond } = await run.atRate(kind, Infinity, FULL_MS);
  const { latenciesMs } = await run.atRate(kind, EASED * framesPerSecond, EASED_MS);
  latenciesMs.sort((a, b) => a - b);
  return { framesPerSecond, p95Ms: latenciesMs[Math.floor(0.95 * latenciesMs.length)] ?? 0 };
}

class Run {
  readonly #engine: FrameEngine;
  readonly #task: SampleTask;
  readonly #picture: Uint8Array;
  /** Of so many frames of a followed stream one is looked at. */
  readonly #every: number;
  readonly #images = new ImageMemory(8 << 20);
  readonly #onRoom: (tell: () => void) => void;
  #count = 0;

  constructor(engine: FrameEngine, task: SampleTask, picture: Uint8Array, every: number, onRoom: (tell: () => void) => void) {
    this.#engine = engine;
    this.#task = task;
    this.#picture = picture;
    this.#every = every;
    this.#onRoom = onRoom;
  }

  /** @param rate frames a second that are due; Infinity for as many as go through */
  async atRate(kind: Kind, rate: number, ms: number): Promise<{ framesPerSecond: number; latenciesMs: number[] }> {
    const startMs = performance.now();
    const latenciesMs: number[] = [];
    const atWork = new Set<Promise<void>>();
    let begun = 0;
    const isOver = (): boolean => performance.now() - startMs >= ms;
    const dueMs = (): number => (rate === Infinity ? performance.now() : startMs + (1000 * begun) / rate);
    const begin = (): void => {
      while (!isOver() && this.#engine.hasRoomFor('usual') && dueMs() <= performance.now()) {
        const sinceMs = dueMs();
        begun++;
        const work = this.#work(kind)
          .then(() => void latenciesMs.push(performance.now() - sinceMs))
          .finally(() => atWork.delete(work));
        atWork.add(work);
      }
    };
    this.#onRoom(begin);
    while (!isOver()) {
      begin();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.#onRoom(() => undefined);
    const framesPerSecond = (1000 * latenciesMs.length) / (performance.now() - startMs);
    await Promise.all(atWork);
    return { framesPerSecond, latenciesMs };
  }

  async #work(kind: Kind): Promise<void> {
    const count = this.#count++;
    const origin: Origin = { source: this, isInteractive: false, deadlineMs: performance.now() };
    const faces = FACES_OF_FRAMES[count % FACES_OF_FRAMES.length] ?? 1;
    const isGlance = kind === 'followed' && count % this.#every !== 0;
    const job = this.#task.frame(faces, kind, isGlance);
    await this.#engine.work({ image: this.#images.hold(this.#picture), origin, job });
  }
}
