// Frames that were worked on before: the same bytes with the same options are answered from memory, and whoever asks for
// them at the same time waits for the one who came first. It keeps what was seen, never an answer: names are put to it anew each
// time, so a new name shows at once. It must never outlive a deletion.
import { createHash, webcrypto } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Worked } from '../frames/frame-job.js';
import { SharedAbort } from './shared-abort.js';

/** How what comes of a frame may be kept. */
export interface Cacheable<R> {
  /** What is asked of the image, apart from how much: its task and whatever else makes a difference. */
  readonly key: string;
  /** How much is asked for: of two entries with one key, the one with the higher rank holds all that the other does. */
  readonly rank: number;
  /** What is searched for it now, such as a version: who asks at another one is not content with the same frame. */
  readonly version: string;
  /** Whether what is kept is as much as is asked for, and still true. @param rank with which it was kept */
  serves(kept: R, rank: number): boolean;
  /** As much as is asked for, in memory of its own, since what is kept is wiped when it goes. */
  copy(result: R): R;
  /** All of it, to be kept. */
  keep(result: R): R;
  /** What keeps it alive, bytes: rather too much than too little. */
  bytesOf(kept: R): number;
  wipe(kept: R): void;
}

/** @param signal aborted when everybody who waits for it has gone */
type Compute<R> = (signal?: AbortSignal) => Promise<Worked<R>>;
/** A frame that is being worked on, and who waits for it. */
interface Flight {
  readonly frame: Promise<Worked<unknown>>;
  readonly askers: SharedAbort;
}
interface Entry {
  readonly frame: Worked<unknown>;
  readonly rank: number;
  readonly bytes: number;
  readonly wipe: () => void;
}

export interface CacheFigures {
  readonly hits: number;
  /** Those who waited for somebody else's frame. */
  readonly joined: number;
  readonly misses: number;
  readonly evictions: number;
  readonly entries: number;
  readonly bytes: number;
}

/** What keeps an entry alive beside what its task counts. */
const ENTRY_BYTES = 512;
const NO_STAGES = { decode: 0, preprocess: 0, infer: 0, match: 0 } as const;

/** Lower-case hex, on the thread that asks: some 50 microseconds for a camera's frame. */
export function sha256Of(image: Uint8Array): string {
  return createHash('sha256').update(image).digest('hex');
}

/** The same, computed off the thread that asks. */
export async function imageSha256(image: Uint8Array): Promise<string> {
  const digest = await webcrypto.subtle.digest('SHA-256', image);
  return Buffer.from(digest).toString('hex');
}

export class FrameCache {
  readonly #entries: LRUCache<string, Entry> | null;
  readonly #flights = new Map<string, Flight>();
  readonly #figures = { hits: 0, joined: 0, misses: 0, evictions: 0 };
  /** Grows whenever everything is forgotten: what was begun before must not be kept after. */
  #generation = 0;

  /** @param maxBytes 0 keeps nothing */
  constructor(maxBytes: number) {
    this.#entries =
      maxBytes === 0
        ? null
        : new LRUCache({
            maxSize: maxBytes,
            sizeCalculation: ({ bytes }) => bytes,
            dispose: ({ wipe }, _key, reason) => {
              if (reason === 'evict') this.#figures.evictions++;
              wipe();
            },
          });
  }

  get isOn(): boolean {
    return this.#entries !== null;
  }

  get figures(): CacheFigures {
    return { ...this.#figures, entries: this.#entries?.size ?? 0, bytes: this.#entries?.calculatedSize ?? 0 };
  }

  /**
   * The frame from memory, or worked on now. A frame from memory went through no stage, and its stages say so.
   * @param sha256 of the image; nothing weaker may take its place: who can make two images alike could pass for another
   * @param compute called before this returns, or never
   * @param signal aborted when whoever asks has gone
   * @throws what `compute` throws
   */
  worked<R>(cacheable: Cacheable<R> | null, sha256: string, compute: Compute<R>, signal?: AbortSignal): Promise<Worked<R>> {
    if (this.#entries === null || cacheable === null) return compute(signal);
    const copy = ({ width, height, isCarried, result }: Worked<unknown>): Worked<R> => {
      return { width, height, isCarried, result: cacheable.copy(result as R), stages: NO_STAGES };
    };
    const key = `${sha256} ${cacheable.key}`;
    const known = this.#entries.get(key);
    if (known !== undefined && cacheable.serves(known.frame.result as R, known.rank)) {
      this.#figures.hits++;
      return Promise.resolve(copy(known.frame));
    }
    // Of those who ask at one version each may have the other's answer: what was searched is at least so new.
    const flightKey = `${key} ${cacheable.rank} ${cacheable.version}`;
    const flight = this.#flights.get(flightKey);
    if (flight !== undefined && !flight.askers.signal.aborted) {
      this.#figures.joined++;
      flight.askers.join(signal);
      return flight.frame.then(copy);
    }
    this.#figures.misses++;
    const askers = new SharedAbort();
    askers.join(signal);
    return this.#begin(key, flightKey, cacheable, askers, compute);
  }

  /** Somebody is to be forgotten, and any of these frames may show them. */
  forget(): void {
    this.#generation++;
    this.#flights.clear();
    this.#entries?.clear();
  }

  async #begin<R>(
    key: string,
    flightKey: string,
    cacheable: Cacheable<R>,
    askers: SharedAbort,
    compute: Compute<R>,
  ): Promise<Worked<R>> {
    const generation = this.#generation;
    const computed = compute(askers.signal);
    const flight: Flight = { frame: computed, askers };
    this.#flights.set(flightKey, flight);
    try {
      const frame = await computed;
      if (generation === this.#generation) this.#keep(key, frame, cacheable);
      return frame;
    } finally {
      if (this.#flights.get(flightKey) === flight) this.#flights.delete(flightKey);
    }
  }

  #keep<R>(key: string, frame: Worked<R>, cacheable: Cacheable<R>): void {
    const known = this.#entries?.peek(key);
    if (known !== undefined && cacheable.rank < known.rank) return;
    const result = cacheable.keep(frame.result);
    this.#entries?.set(key, {
      frame: { ...frame, result },
      rank: cacheable.rank,
      bytes: ENTRY_BYTES + cacheable.bytesOf(result),
      wipe: () => cacheable.wipe(result),
    });
  }
}
