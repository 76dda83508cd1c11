// The micro-batcher: frames to be searched for faces and faces to be described wait here, and whenever a lane is free
// it gets a batch of them, across all streams. It never waits for a batch to fill: what is there when a lane comes free
// is the batch, so batches grow with the load and cost nothing without it.
//
//   detect ──▶ [ frames ] ──┐                        ┌──▶ lane 1 (on a GPU the only one)
//                           ├─ batch of one stage ──▶┤
//   describe ▶ [ faces  ] ──┘   faces go first       └──▶ lane n
import type { GallerySnapshot } from './gallery/gallery.js';
import type { DetectItem, FaceAnswer, FaceItem, FoundFace } from './lane-protocol.js';
import type { Lane } from './lane.js';

interface Waiting<I, A> {
  readonly item: I;
  resolve(answer: A): void;
  reject(error: unknown): void;
}
/** What one batch took, and on which lane. */
interface Spent {
  readonly lane: Lane;
  readonly inferMs: number;
  readonly matchMs: number;
}
export interface StageCost {
  readonly inferMs: number;
  readonly matchMs: number;
}

export class LanePool {
  readonly lanes: readonly Lane[];
  readonly #maxBatch: number;
  readonly #onBatch: (model: string, size: number) => void;
  readonly #frames: Waiting<DetectItem, { faces: readonly FoundFace[]; spent: Spent }>[] = [];
  readonly #faces: Waiting<FaceItem, { answer: FaceAnswer; spent: Spent }>[] = [];

  /** @param maxBatch most items in a batch: the top of the ladder */
  constructor(lanes: readonly Lane[], maxBatch: number, onBatch: (model: string, size: number) => void) {
    this.lanes = lanes;
    this.#maxBatch = maxBatch;
    this.#onBatch = onBatch;
  }

  get queued(): { readonly frames: number; readonly faces: number } {
    return { frames: this.#frames.length, faces: this.#faces.length };
  }

  /** The faces of one frame. @throws LaneError when its lane fails */
  async detect(item: DetectItem): Promise<StageCost & { readonly faces: readonly FoundFace[] }> {
    const { faces, spent } = await new Promise<{ faces: readonly FoundFace[]; spent: Spent }>((resolve, reject) => {
      this.#frames.push({ item, resolve, reject });
      this.dispatch();
    });
    return { faces, inferMs: spent.inferMs, matchMs: spent.matchMs };
  }

  /** What is wanted of the faces of one frame, in their order. @throws LaneError when a lane fails */
  async describe(items: readonly FaceItem[]): Promise<StageCost & { readonly answers: readonly FaceAnswer[] }> {
    const waiting = items.map(
      (item) =>
        new Promise<{ answer: FaceAnswer; spent: Spent }>((resolve, reject) => {
          this.#faces.push({ item, resolve, reject });
        }),
    );
    this.dispatch();
    const described = await Promise.all(waiting);
    return { answers: described.map(({ answer }) => answer), ...longestLane(described.map(({ spent }) => spent)) };
  }

  useGallery(snapshot: GallerySnapshot): void {
    for (const lane of this.lanes) lane.useGallery(snapshot);
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** Gives every free lane a batch, while there is something to do. */
  dispatch(): void {
    for (let idle = this.#idleLanes(); idle.length > 0; idle = this.#idleLanes()) {
      const [lane] = idle;
      if (lane === undefined) return;
      // Faces first: they finish frames that hold memory and whose clients have waited longest.
      if (this.#faces.length > 0) void this.#describeOn(lane, this.#take(this.#faces, idle.length));
      else if (this.#frames.length > 0) void this.#detectOn(lane, this.#take(this.#frames, idle.length));
      else return;
    }
  }

  #idleLanes(): Lane[] {
    return this.lanes.filter((lane) => lane.idle);
  }

  /** A fair share for one of several free lanes: two lanes and two frames are one frame each, not a batch of two. */
  #take<T>(queue: T[], idleLanes: number): T[] {
    return queue.splice(0, Math.min(this.#maxBatch, Math.ceil(queue.length / idleLanes)));
  }

  async #detectOn(lane: Lane, batch: Waiting<DetectItem, { faces: readonly FoundFace[]; spent: Spent }>[]): Promise<void> {
    try {
      const { frames, inferMs, matchMs, batches } = await lane.detect(batch.map(({ item }) => item));
      for (const { model, size } of batches) this.#onBatch(model, size);
      const spent = { lane, inferMs, matchMs };
      batch.forEach((waiting, index) => waiting.resolve({ faces: frames[index] ?? [], spent }));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.dispatch();
  }

  async #describeOn(lane: Lane, batch: Waiting<FaceItem, { answer: FaceAnswer; spent: Spent }>[]): Promise<void> {
    try {
      const { answers, inferMs, matchMs, batches } = await lane.describe(batch.map(({ item }) => item));
      for (const { model, size } of batches) this.#onBatch(model, size);
      const spent = { lane, inferMs, matchMs };
      batch.forEach((waiting, index) => waiting.resolve({ answer: answers[index] ?? { points: [] }, spent }));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.dispatch();
  }
}

/**
 * The time of a frame whose faces were in several batches: those of one lane follow each other and add up, those of
 * different lanes overlap, so the longest lane is the frame's time. The faces of a batch share one `Spent`.
 */
function longestLane(spent: readonly Spent[]): StageCost {
  const byLane = new Map<Lane, StageCost>();
  for (const { lane, inferMs, matchMs } of new Set(spent)) {
    const before = byLane.get(lane);
    byLane.set(lane, { inferMs: (before?.inferMs ?? 0) + inferMs, matchMs: (before?.matchMs ?? 0) + matchMs });
  }
  const total = (cost: StageCost): number => cost.inferMs + cost.matchMs;
  return [...byLane.values()].reduce((a, b) => (total(b) > total(a) ? b : a), { inferMs: 0, matchMs: 0 });
}
