// How often many may do something, each by itself: a token bucket in the form of one time for each (GCRA), of a bounded number of
// them. In the turn of the request, since nobody is to wait for it; past the bound those are forgotten that came longest ago.
import { LRUCache } from 'lru-cache';

const MOST_REMEMBERED = 20_000;
/** Sums of thirds do not come out even. */
const ROUNDING_MS = 0.001;

export interface RatesOptions {
  readonly perSecond: number;
  /** So many at once, where nothing came before. */
  readonly burst: number;
  readonly nowMs?: () => number;
}

export class Rates {
  readonly #msOfOne: number;
  readonly #burstMs: number;
  readonly #nowMs: () => number;
  /** When all that was taken is made up for. */
  readonly #paidAtMs = new LRUCache<string, number>({ max: MOST_REMEMBERED });

  constructor({ perSecond, burst, nowMs = () => performance.now() }: RatesOptions) {
    this.#msOfOne = 1000 / perSecond;
    this.#burstMs = burst * this.#msOfOne;
    this.#nowMs = nowMs;
  }

  /** @returns after how long the next one may come; 0 for now */
  waitMs(who: string): number {
    const waitMs = (this.#paidAtMs.get(who) ?? 0) + this.#msOfOne - this.#burstMs - this.#nowMs();
    return Math.max(0, Math.ceil(waitMs - ROUNDING_MS));
  }

  /** Takes so many whatever came before: they are here already, and are made up for by waiting longer. */
  charge(who: string, count: number): void {
    if (!Number.isFinite(count)) throw new RangeError('not a number to count');
    this.#paidAtMs.set(who, Math.max(this.#nowMs(), this.#paidAtMs.get(who) ?? 0) + count * this.#msOfOne);
  }

  /**
   * Takes so many, where one might come: what is large is made up for afterwards.
   * @returns after how long it may be tried again, where nothing was taken; 0 where it was
   */
  take(who: string, count = 1): number {
    const waitMs = this.waitMs(who);
    if (waitMs === 0) this.charge(who, count);
    return waitMs;
  }
}
