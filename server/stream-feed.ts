// Results of every stream for those who follow streams that others feed. It keeps nothing: whoever is slow misses results.
import type { ResultMessage } from '../protocol/messages.js';

export type FeedListener = (result: ResultMessage) => void;

export class StreamFeed {
  readonly #listeners = new Set<FeedListener>();

  publish(result: ResultMessage): void {
    for (const listener of this.#listeners) listener(result);
  }

  /** @returns ends it */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
