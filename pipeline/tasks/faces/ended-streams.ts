// Streams that ended a short while ago, so that whoever they showed can still be enrolled; a bounded number of them.
import type { TrackedStream } from './tracked-stream.js';

const KEPT_MS = 5 * 60_000;
const MAX_STREAMS = 32;

export class EndedStreams {
  #ended: { readonly stream: TrackedStream; readonly endedMs: number }[] = [];

  get streams(): readonly TrackedStream[] {
    return this.#ended.map(({ stream }) => stream);
  }

  add(stream: TrackedStream): void {
    this.#ended = [...this.#ended, { stream, endedMs: performance.now() }].slice(-MAX_STREAMS);
  }

  /** Resolves when all have handed on their events: those that were being closed already too. */
  async told(): Promise<void> {
    await Promise.all(this.streams.map((stream) => stream.told()));
  }

  expire(): void {
    const before = performance.now() - KEPT_MS;
    if (this.#ended.some(({ endedMs }) => endedMs < before)) this.#ended = this.#ended.filter(({ endedMs }) => endedMs >= before);
  }
}
