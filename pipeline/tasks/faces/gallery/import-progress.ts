// How far an import is, for whoever wants to import another file: one at a time. Its bytes come at the sender's pace; what follows
// (checked, written, read back) goes by the bytes too, at the pace of the import before.
import { OnlookerError } from '../../../../protocol/errors.js';
import { restMs, retryAfter } from '../../../scheduling/retry-after.js';

/** Of 200 MB (100,000 faces) some 20 s, until one was measured. */
const USUAL_MS_OF_BYTE = 20_000 / 200e6;

export class ImportProgress {
  readonly #startedMs = performance.now();
  readonly #announcedBytes: number;
  #applyingMsOfByte: number;
  #bytes = 0;
  #cameMs: number | null = null;
  wasApplied = false;

  /** @param announcedBytes 0 where that is not known @param before the import before this one */
  constructor(announcedBytes: number, before: ImportProgress | null) {
    this.#announcedBytes = announcedBytes;
    this.#applyingMsOfByte = before === null ? USUAL_MS_OF_BYTE : before.#applyingMsOfByte;
  }

  /** The same chunks, each counted when the next is asked for. */
  async *counting(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      yield chunk;
      this.came(chunk.length);
    }
    this.isWhole();
  }

  came(bytes: number): void {
    this.#bytes += bytes;
  }

  isWhole(): void {
    this.#cameMs = performance.now();
  }

  isApplied(): void {
    this.wasApplied = true;
    if (this.#cameMs !== null && this.#bytes > 0) this.#applyingMsOfByte = (performance.now() - this.#cameMs) / this.#bytes;
  }

  /** Undefined where nothing of it has come yet. */
  get restMs(): number | undefined {
    const nowMs = performance.now();
    const total = Math.max(this.#bytes, this.#announcedBytes);
    const applyingMs = total * this.#applyingMsOfByte;
    if (this.#cameMs !== null) return Math.max(0, this.#cameMs + applyingMs - nowMs);
    const comingMs = restMs(this.#bytes, total, nowMs - this.#startedMs);
    return comingMs === undefined ? undefined : comingMs + applyingMs;
  }
}

/** One import at a time. */
export class ImportTurn {
  #present: ImportProgress | null = null;
  #last: ImportProgress | null = null;

  /** @throws OnlookerError OVERLOADED while another one is under way */
  begin(announcedBytes: number): ImportProgress {
    if (this.#present !== null) {
      const message = 'Another gallery file is being imported; try again when that is done.';
      throw new OnlookerError('OVERLOADED', message, undefined, retryAfter(this.#present.restMs));
    }
    this.#present = new ImportProgress(announcedBytes, this.#last);
    return this.#present;
  }

  end(): void {
    if (this.#present?.wasApplied === true) this.#last = this.#present;
    this.#present = null;
  }
}
