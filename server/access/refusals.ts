// Every attempt that is refused at the door is counted, and told in the log without anything secret. An attacker must not be
// able to fill the disk with it: past a few lines in a while, only how many more there were is told.
import type { Refusal } from './refusal.js';
import type { Logger } from '../logger.js';
import type { Metrics } from '../metrics/metrics.js';

const WINDOW_MS = 10_000;
const LINES_OF_WINDOW = 20;

export class Refusals {
  readonly #metrics: Pick<Metrics, 'turnedAway'>;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #nowMs: () => number;
  #windowEndsAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #lines = 0;
  #untold = 0;

  constructor(metrics: Pick<Metrics, 'turnedAway'>, log: Pick<Logger, 'warn'>, nowMs: () => number = () => performance.now()) {
    this.#metrics = metrics;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** @param address of the client */
  count(refusal: Refusal, address: string): void {
    this.#metrics.turnedAway(refusal);
    const nowMs = this.#nowMs();
    if (nowMs >= this.#windowEndsAtMs) {
      this.#tellRest();
      this.#windowEndsAtMs = nowMs + WINDOW_MS;
      this.#lines = 0;
    }
    if (this.#lines < LINES_OF_WINDOW) {
      this.#lines++;
      this.#log.warn({ refusal, address }, 'an attempt was refused');
    } else {
      this.#untold++;
      // Nobody may come after the last of them.
      this.#timer ??= setTimeout(() => this.#tellRest(), WINDOW_MS).unref();
    }
  }

  close(): void {
    this.#tellRest();
  }

  #tellRest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#untold > 0) this.#log.warn({ attempts: this.#untold }, 'further attempts were refused');
    this.#untold = 0;
  }
}
