// The micro-batcher: items of every stage wait here, and whenever a lane is free it gets a batch of one stage, across all
// streams. What is there when a lane comes free is the batch, so batches grow with the load and cost nothing without it; only
// where a fuller batch is known to save more than that does it wait a moment for frames that are already being decoded.
//
//   call(detect)   ──▶ BatchQueue of frames ─┐                        ┌──▶ lane 1 (on a GPU the only one)
//                                            ├─ batch of one stage ──▶┤
//   call(describe) ──▶ BatchQueue of faces ──┘   what is due first    └──▶ lane n
import type { Lane } from '../lanes/lane.js';
import { keyOf, type Stage } from '../lanes/stage.js';
import { BatchQueue, newOrder } from './batch-queue.js';
import { NoLaneError } from './no-lane-error.js';
import type { Origin } from './origin.js';
import { isBefore, type InRound } from './rounds.js';

/** A lane as the pool sees it. */
export type PoolLane = Pick<Lane, 'alive' | 'backInMs' | 'idle' | 'run' | 'tell' | 'close'>;

interface Waiting {
  readonly item: unknown;
  readonly origin: Origin;
  resolve(answered: Answered): void;
  reject(error: unknown): void;
}
interface Answered {
  readonly answer: unknown;
  readonly spent: Spent;
}
interface StageQueue {
  readonly stage: Stage;
  readonly waiting: BatchQueue<Waiting>;
  /** What an item of it costs as a rule, ms of a lane; null until one was done. */
  itemMs: number | null;
}

/** A stage is dear whose items cost more than so many of the cheapest stage's. */
const DEAR_TIMES = 5;
/** Of what is usual, by each batch. */
const GAIN = 1 / 4;
/** Cheap work that came so lately may come again at any moment. */
const CHEAP_MS = 1000;

/** What one batch took, and on which lane. */
interface Spent {
  readonly lane: PoolLane;
  readonly inferMs: number;
  readonly matchMs: number;
}
export interface StageCost {
  readonly inferMs: number;
  readonly matchMs: number;
  /** Of all lanes together, also where they worked side by side. */
  readonly workMs: number;
}

export interface BatchRules {
  /** Most items in a batch: the top of the ladder. */
  readonly maxBatch: number;
  /** Most items of one stream in a batch of a shared stage while others wait. */
  readonly mostOfOneStream: number;
  /** How long frames may wait for a batch to fill, ms; 0 for never. */
  readonly fillMs: number;
  /** Told of each run of a model; what a job of several took is shared out by their items. */
  readonly onBatch: (model: string, size: number, ms: number) => void;
}

export class LanePool {
  readonly lanes: readonly PoolLane[];
  readonly #rules: BatchRules;
  /** By key, the farthest on in a frame's way first. */
  #queues: readonly StageQueue[] = [];
  readonly #order = newOrder();
  /** How many frames are being decoded and will come soon. */
  #coming: () => number = () => 0;
  #filling: NodeJS.Timeout | null = null;
  /** Lanes that do dear work, and when cheap work was begun last, by `performance.now()`. */
  #dearAtWork = 0;
  #cheapMs = -Infinity;
  #isDraining = false;
  #isClosed = false;

  constructor(lanes: readonly PoolLane[], rules: BatchRules) {
    this.lanes = lanes;
    this.#rules = rules;
  }

  /** How many items wait, of each stage by its key. */
  get queued(): ReadonlyMap<string, number> {
    return new Map(this.#queues.map(({ stage, waiting }) => [keyOf(stage), waiting.size]));
  }

  /** Tells it whom to ask how many frames are on their way here. */
  expectFrom(coming: () => number): void {
    this.#coming = coming;
  }

  /**
   * All items of one frame through a stage.
   * @returns an answer for each, in their order, and what they cost
   * @throws LaneError when its lane fails, NoLaneError when none comes back in time
   */
  async call<I, A>(
    stage: Stage<I, A>,
    items: readonly I[],
    origin: Origin,
  ): Promise<StageCost & { readonly answers: readonly A[] }> {
    const { waiting: queue } = this.#queueOf(stage as Stage);
    const nowMs = performance.now();
    const waiting = items.map(
      (item) => new Promise<Answered>((resolve, reject) => queue.add({ item, origin, resolve, reject }, nowMs)),
    );
    this.dispatch();
    // Also where one has failed already: until the others are done, lanes read the frame's memory.
    await Promise.allSettled(waiting);
    const answered = await Promise.all(waiting);
    return { answers: answered.map(({ answer }) => answer as A), ...longestLane(answered.map(({ spent }) => spent)) };
  }

  /** As `Lane.tell`, to every lane. */
  tell(task: string, message: unknown): void {
    for (const lane of this.lanes) lane.tell(task, message);
  }

  /**
   * Has every lane do something by itself, one after another, so that the others work on meanwhile. One that is not there has what it
   * needs to know from its task's settings when it comes back.
   * @returns what each that is there answered
   * @throws LaneError when one fails, or ends in the middle of it
   */
  async onEach(stage: Pick<Stage, 'task' | 'name'>, items: readonly unknown[]): Promise<readonly (readonly unknown[])[]> {
    const answers: (readonly unknown[])[] = [];
    for (const lane of this.lanes) {
      if (!lane.alive || this.#isClosed) continue;
      try {
        answers.push((await lane.run(stage, items)).answers);
      } finally {
        // It had no batch meanwhile.
        this.dispatch();
      }
    }
    return answers;
  }

  /** Nothing more will come of a stage, and nothing of it waits. */
  forget(stage: Pick<Stage, 'task' | 'name'>): void {
    this.#queues = this.#queues.filter((queue) => keyOf(queue.stage) !== keyOf(stage) || queue.waiting.size > 0);
  }

  /**
   * While no lane is alive, gives up what was to be answered by now: a lane may take long to come back, or never do. To be
   * called now and then, so that no item needs a timer of its own. Where a lane is alive, what waits is only late.
   * @param nowMs `performance.now()`
   */
  dropOverdue(nowMs: number): void {
    if (!this.#isStranded) return;
    this.#drop(({ origin }) => origin.deadlineMs < nowMs, 'deadline');
  }

  /** From now on what waits while no lane is alive is given up at once. */
  drain(): void {
    this.#isDraining = true;
    this.dispatch();
  }

  /** Finishes what is at work, and rejects what waits. */
  async close(): Promise<void> {
    if (this.#filling !== null) clearTimeout(this.#filling);
    this.#isClosed = true;
    this.dispatch();
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** Gives every free lane a batch, while there is something to do. */
  dispatch(): void {
    if (this.#isClosed || (this.#isDraining && this.#isStranded)) this.#drop(() => true, 'draining');
    for (let idle = this.#idleLanes(); idle.length > 0; idle = this.#idleLanes()) {
      const [lane] = idle;
      if (lane === undefined) return;
      if (!this.#queues.some(({ waiting }) => waiting.nextFrame !== undefined)) this.#order.precedence.forget();
      const next = this.#nextStage();
      if (next === undefined) return;
      void this.#run(lane, next, next.waiting.take(this.#share(next.waiting.size, idle.length)));
    }
  }

  /** How long it should take until a lane is back, ms; undefined where one is alive. */
  get backInMs(): number | undefined {
    return this.#isStranded ? Math.min(...this.lanes.map((lane) => lane.backInMs)) : undefined;
  }

  #queueOf(stage: Stage): StageQueue {
    const key = keyOf(stage);
    const known = this.#queues.find((queue) => keyOf(queue.stage) === key);
    if (known !== undefined) return known;
    const mostOfOneStream = stage.isShared ? this.#rules.mostOfOneStream : Infinity;
    const queue = { stage, waiting: new BatchQueue<Waiting>(mostOfOneStream, this.#order), itemMs: null };
    this.#queues = [...this.#queues, queue].sort((one, other) => other.stage.depth - one.stage.depth);
    return queue;
  }

  get #isStranded(): boolean {
    return !this.lanes.some(({ alive }) => alive);
  }

  #drop(isDropped: (waiting: { readonly origin: Origin }) => boolean, reason: NoLaneError['reason']): void {
    for (const queue of this.#queues)
      for (const waiting of queue.waiting.remove(isDropped)) waiting.reject(new NoLaneError(reason, this.backInMs));
  }

  /** The stage whose first item is due first; of equals the one that is farthest on, since it finishes frames that hold memory. */
  #nextStage(): StageQueue | undefined {
    const some = this.#queues.filter((queue) => queue.waiting.size > 0 && !this.#leavesLane(queue));
    // Frames may had better wait for those that are being decoded; what is farther on never does.
    const ready = some.filter(({ stage, waiting }) => stage.depth > 0 || !this.#isFilling(waiting));
    const isImage = this.#order.precedence.isImageNext(
      ready.some(({ waiting }) => waiting.nextImage !== undefined),
      ready.some(({ waiting }) => waiting.nextFrame !== undefined),
    );
    let next: { readonly queue: StageQueue; readonly first: InRound<Waiting> } | undefined;
    for (const queue of ready) {
      const first = isImage ? queue.waiting.nextImage : queue.waiting.nextFrame;
      if (first !== undefined && (next === undefined || isBefore(first, next.first))) next = { queue, first };
    }
    return next?.queue;
  }

  /**
   * Whether a dear stage leaves the last free lane to cheap ones: a batch that was begun cannot be interrupted, and work of a few
   * milliseconds would wait for it again and again. Where no cheap work comes, dear work has all lanes.
   */
  #leavesLane(queue: StageQueue): boolean {
    if (!this.#isDear(queue) || performance.now() - this.#cheapMs > CHEAP_MS) return false;
    return this.#dearAtWork > 0 && this.#dearAtWork >= this.lanes.filter(({ alive }) => alive).length - 1;
  }

  #isDear({ itemMs }: StageQueue): boolean {
    const cheapest = Math.min(...this.#queues.map((queue) => queue.itemMs ?? Infinity));
    return itemMs !== null && itemMs > DEAR_TIMES * cheapest;
  }

  #idleLanes(): PoolLane[] {
    return this.lanes.filter((lane) => lane.idle);
  }

  /** A fair share for one of several free lanes: two lanes and two frames are one frame each, not a batch of two. */
  #share(waiting: number, idleLanes: number): number {
    return Math.min(this.#rules.maxBatch, Math.ceil(waiting / idleLanes));
  }

  /** Whether frames had better wait for those that are being decoded; it comes back by itself when they have waited enough. */
  #isFilling(frames: BatchQueue<Waiting>): boolean {
    const { fillMs, maxBatch } = this.#rules;
    if (fillMs === 0 || frames.size >= maxBatch || frames.nextImage !== undefined || this.#coming() === 0) return false;
    const leftMs = frames.waitingSinceMs + fillMs - performance.now();
    if (leftMs <= 0) return false;
    this.#filling ??= setTimeout(() => {
      this.#filling = null;
      this.dispatch();
    }, Math.ceil(leftMs));
    return true;
  }

  async #run(lane: PoolLane, queue: StageQueue, batch: readonly Waiting[]): Promise<void> {
    const isDear = this.#isDear(queue);
    if (isDear) this.#dearAtWork++;
    else this.#cheapMs = performance.now();
    try {
      const { answers, inferMs, matchMs, batches } = await lane.run(
        queue.stage,
        batch.map(({ item }) => item),
      );
      const items = batches.reduce((sum, { size }) => sum + size, 0);
      for (const { model, size } of batches) this.#rules.onBatch(model, size, (inferMs * size) / items);
      const itemMs = (inferMs + matchMs) / batch.length;
      queue.itemMs = queue.itemMs === null ? itemMs : queue.itemMs + GAIN * (itemMs - queue.itemMs);
      const spent = { lane, inferMs, matchMs };
      batch.forEach((waiting, index) => waiting.resolve({ answer: answers[index], spent }));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    } finally {
      if (isDear) this.#dearAtWork--;
    }
    this.dispatch();
  }
}

/**
 * The time of a frame whose items were in several batches: those of one lane follow each other and add up, those of
 * different lanes overlap, so the longest lane is the frame's time. The items of a batch share one `Spent`.
 */
function longestLane(spent: readonly Spent[]): StageCost {
  const byLane = new Map<PoolLane, StageCost>();
  let workMs = 0;
  for (const { lane, inferMs, matchMs } of new Set(spent)) {
    const before = byLane.get(lane);
    const work = (before?.workMs ?? 0) + inferMs + matchMs;
    byLane.set(lane, {
      inferMs: (before?.inferMs ?? 0) + inferMs,
      matchMs: (before?.matchMs ?? 0) + matchMs,
      workMs: work,
    });
    workMs += inferMs + matchMs;
  }
  const longest = [...byLane.values()].reduce((a, b) => (b.workMs > a.workMs ? b : a), { inferMs: 0, matchMs: 0, workMs: 0 });
  return { ...longest, workMs };
}
