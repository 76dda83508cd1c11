// How long loading the models should still take: by the file that is being fetched, where one is; nothing is known of the rest.
import type { Progress } from '../models/sources/source.js';
import { restMs } from '../pipeline/scheduling/retry-after.js';

export class LoadingTime {
  #file: string | null = null;
  #sinceMs = 0;
  #beforeBytes = 0;
  #progress: Progress | null = null;

  fetched(progress: Progress): void {
    if (progress.file !== this.#file) {
      this.#file = progress.file;
      this.#sinceMs = performance.now();
      // Taken up where an interrupted start left it.
      this.#beforeBytes = progress.receivedBytes;
    }
    this.#progress = progress;
  }

  get restMs(): number | undefined {
    if (this.#progress === null) return undefined;
    const { receivedBytes, totalBytes } = this.#progress;
    if (receivedBytes >= totalBytes) return undefined;
    return restMs(receivedBytes - this.#beforeBytes, totalBytes - this.#beforeBytes, performance.now() - this.#sinceMs);
  }
}
