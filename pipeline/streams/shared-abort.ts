// Several who wait for one thing: it is given up when all of them have gone, and not before.

export class SharedAbort {
  readonly #allGone = new AbortController();
  #present = 0;

  /** Aborted when the last of them goes, with what that one's was aborted with. */
  get signal(): AbortSignal {
    return this.#allGone.signal;
  }

  /** @param signal aborted when this one goes; whoever has none stays */
  join(signal?: AbortSignal): void {
    this.#present++;
    const leave = (): void => {
      this.#present--;
      if (this.#present === 0) this.#allGone.abort(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
  }
}
