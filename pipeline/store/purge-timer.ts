// When the store's file is rewritten after deletions: soon, but once for many. It knows nothing of what it starts.

const RETRY_MS = 60_000;

export class PurgeTimer {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param purge does the work; @returns whether more is to be done, because something was deleted meanwhile */
  constructor(
    private readonly purge: () => Promise<boolean>,
    private readonly delayMs: number,
    private readonly log?: { warn(details: object, message: string): void },
  ) {}

  /** Purges within the delay; asked again before that, it does so once. */
  start(delayMs: number = this.delayMs): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => void this.#run(), delayMs).unref();
  }

  /** Purges a last time. A failure is logged: the store remembers what is to be done, and the next start catches up. */
  async close(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#run();
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    try {
      if (await this.purge()) this.start();
    } catch (error) {
      this.log?.warn({ err: error }, 'what was deleted could not be purged from the file on disk yet');
      this.start(RETRY_MS);
    }
  }
}
