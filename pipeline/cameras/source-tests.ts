// Addresses tried out before they are registered: a few at once, none for long, and none left when it is closed.
import { OnlookerError } from '../../protocol/errors.js';
import type { PipelineLog } from '../pipeline-log.js';
import { retryAfter } from '../scheduling/retry-after.js';
import { probeSource, type ProbedSource } from '../sources/probe-source.js';
import type { AddressRules } from '../sources/source-address.js';
import { SOURCE_TIMINGS, type SourceLimits, type SourceSettings } from '../sources/source-settings.js';

/** Each is a run of ffmpeg. */
const MOST_AT_ONCE = 2;

export class SourceTests {
  readonly #closing = new AbortController();
  /** And when they began, oldest first. */
  readonly #running = new Map<Promise<unknown>, number>();

  constructor(
    private readonly rules: AddressRules,
    private readonly limits: Partial<SourceLimits>,
    private readonly log: PipelineLog,
  ) {}

  /**
   * @returns the first picture, a JPEG, and what the camera sends
   * @throws OnlookerError BAD_MESSAGE for an address that is refused, SOURCE_FAILED with the reason in words, OVERLOADED, DRAINING
   */
  async firstPicture(settings: Omit<SourceSettings, 'id'>): Promise<ProbedSource> {
    const { signal } = this.#closing;
    if (signal.aborted) throw new OnlookerError('DRAINING');
    if (this.#running.size >= MOST_AT_ONCE) {
      const [beganMs = 0] = this.#running.values();
      const message = `${MOST_AT_ONCE} other addresses are being tested; try again in a moment.`;
      // By then the first of them is given up, if not before.
      const restMs = beganMs + SOURCE_TIMINGS.startMs - performance.now();
      throw new OnlookerError('OVERLOADED', message, undefined, retryAfter(restMs));
    }
    const probe = probeSource({ id: 'test', ...settings }, { rules: this.rules, limits: this.limits, signal, log: this.log });
    this.#running.set(probe, performance.now());
    try {
      return await probe;
    } catch (error) {
      throw signal.aborted ? new OnlookerError('DRAINING') : error;
    } finally {
      this.#running.delete(probe);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#running.keys()]);
  }
}
