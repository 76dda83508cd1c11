// Work of one kind that waits for a lane, and which of it makes the next batch: single images and frames of streams, each in
// rounds, and of one stream only so much while others wait. Pure; who owns it says when.
//
//   add ─┬▶ [ image │ image … ]            ─┐
//        └▶ [ due 12 │ due 15 │ due 40 … ] ─┴─take(2)──▶ image, due 12
import type { Origin } from './origin.js';
import { Precedence } from './precedence.js';
import { RoundList, Rounds, type InRound } from './rounds.js';

export interface Scheduled {
  readonly origin: Origin;
}
/** What queues share whose work is done by the same lanes. */
export interface SharedOrder {
  /** Counted in items. */
  readonly precedence: Precedence;
  readonly images: Rounds;
  readonly frames: Rounds;
}

export function newOrder(): SharedOrder {
  return { precedence: new Precedence(), images: new Rounds(), frames: new Rounds() };
}

export class BatchQueue<T extends Scheduled> {
  readonly #mostOfOneSource: number;
  readonly #precedence: Precedence;
  readonly #images: RoundList<T>;
  readonly #frames: RoundList<T>;
  #oldestMs = 0;

  /** @param mostOfOneSource how many items of a batch may be of one stream, while items of others wait */
  constructor(mostOfOneSource: number, order = newOrder()) {
    this.#mostOfOneSource = mostOfOneSource;
    this.#precedence = order.precedence;
    this.#images = new RoundList(order.images);
    this.#frames = new RoundList(order.frames);
  }

  get size(): number {
    return this.#images.size + this.#frames.size;
  }

  /** When the item that has waited longest, or some item before it, was added: `performance.now()`. */
  get waitingSinceMs(): number {
    return this.#oldestMs;
  }

  get nextImage(): InRound<T> | undefined {
    return this.#images.first;
  }

  get nextFrame(): InRound<T> | undefined {
    return this.#frames.first;
  }

  add(item: T, nowMs: number): void {
    if (this.size === 0) this.#oldestMs = nowMs;
    (item.origin.isInteractive ? this.#images : this.#frames).add(item);
  }

  /** Takes at most so many, in the order in which they are to be done; nothing that fits is left while there is room. */
  take(most: number): T[] {
    const taken: T[] = [];
    const ofSource = new Map<object, number>();
    for (const mostOfOne of [this.#mostOfOneSource, Infinity]) {
      const isTaken = ({ origin: { source } }: T): boolean => (ofSource.get(source) ?? 0) < mostOfOne;
      while (taken.length < most) {
        const item = this.#takeNext(isTaken);
        if (item === undefined) break;
        const { source, isInteractive } = item.origin;
        this.#precedence.gave(isInteractive, 1);
        ofSource.set(source, (ofSource.get(source) ?? 0) + 1);
        taken.push(item);
      }
    }
    return taken;
  }

  /** @returns those it is true of, which wait no more */
  remove(isRemoved: (item: T) => boolean): T[] {
    return [...this.#images.remove(isRemoved), ...this.#frames.remove(isRemoved)];
  }

  #takeNext(isTaken: (item: T) => boolean): T | undefined {
    const isImage = this.#precedence.isImageNext(this.#images.size > 0, this.#frames.size > 0);
    const [first, second] = isImage ? [this.#images, this.#frames] : [this.#frames, this.#images];
    return first.take(isTaken) ?? second.take(isTaken);
  }
}
