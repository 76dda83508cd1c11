// Work of one kind that waits for a lane, and which of it makes the next batch: single images first, then what is due
// first, of one stream only so much while others wait. Pure; who owns it says when.
//
//   add ──▶ [ image │ due 12 │ due 15 │ due 15 │ due 40 … ] ──take(2)──▶ image, due 12
import type { Origin } from './origin.js';

export interface Scheduled {
  readonly origin: Origin;
}

export class BatchQueue<T extends Scheduled> {
  readonly #mostOfOneSource: number;
  readonly #waiting: T[] = [];
  #oldestMs = 0;

  /** @param mostOfOneSource how many items of a batch may be of one stream, while items of others wait */
  constructor(mostOfOneSource: number) {
    this.#mostOfOneSource = mostOfOneSource;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** When the item that has waited longest, or some item before it, was added: `performance.now()`. */
  get waitingSinceMs(): number {
    return this.#oldestMs;
  }

  get hasInteractive(): boolean {
    return this.next?.isInteractive === true;
  }

  /** Where the item comes from that is due first. */
  get next(): Origin | undefined {
    return this.#waiting[0]?.origin;
  }

  add(item: T, nowMs: number): void {
    if (this.#waiting.length === 0) this.#oldestMs = nowMs;
    // From the back: what comes later is nearly always due later, so this is one step.
    let at = this.#waiting.length;
    while (at > 0 && isBefore(item.origin, (this.#waiting[at - 1] as T).origin)) at--;
    this.#waiting.splice(at, 0, item);
  }

  /** Takes at most so many, in the order in which they are due; nothing that fits is left while there is room. */
  take(most: number): T[] {
    if (this.#waiting.length <= most) return this.#waiting.splice(0);
    const taken = new Set<T>();
    const ofSource = new Map<object, number>();
    for (const item of this.#waiting) {
      const { source } = item.origin;
      const already = ofSource.get(source) ?? 0;
      if (taken.size === most || already === this.#mostOfOneSource) continue;
      taken.add(item);
      ofSource.set(source, already + 1);
    }
    for (const item of this.#waiting) if (taken.size < most) taken.add(item);
    this.remove((item) => taken.has(item));
    return [...taken];
  }

  /** @returns those it is true of, which wait no more */
  remove(isRemoved: (item: T) => boolean): T[] {
    const removed = this.#waiting.filter(isRemoved);
    const left = this.#waiting.filter((item) => !isRemoved(item));
    this.#waiting.length = 0;
    this.#waiting.push(...left);
    return removed;
  }
}

/** Whether work from there is due before work from here. */
export function isBefore(a: Origin, b: Origin): boolean {
  return a.isInteractive === b.isInteractive ? dueMs(a) < dueMs(b) : a.isInteractive;
}

const dueMs = (origin: Origin): number => origin.dueMs ?? origin.deadlineMs;
