// Jobs that must not overlap, one after the other. It starts a job only when the one before has settled.

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the job after all that were handed in before it; its failure is the caller's and stops nobody else. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Settles when everything handed in so far has. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
