// Frames that were worked on before: the same bytes with the same options are answered from memory, and whoever asks for
// them at the same time waits for the one who came first. It keeps what was seen of faces, never an answer: names are put
// to them anew each time, so a new name shows at once. It must never outlive a deletion.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Askers } from './shared-abort.js';
import type { DescribedFace, FrameWork, WorkedFrame } from '../frames/frame-engine.js';
import type { FaceAnswer, FaceItem } from '../lanes/lane-protocol.js';

type Want = FaceItem['want'];
type Asked = Pick<FrameWork, 'want' | 'region' | 'minFacePx'>;
/** Each holds what those before it hold. */
const RANKS = { points: 0, embedding: 1, all: 2 } as const;
type Level = keyof typeof RANKS;

type Compute<W> = (want: W, signal?: AbortSignal) => Promise<WorkedFrame>;
/** A frame that is being worked on, and who waits for it. */
interface Flight {
  readonly frame: Promise<WorkedFrame>;
  readonly askers: Askers;
}
interface Entry {
  readonly frame: WorkedFrame;
  readonly level: Level;
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

/** What keeps an entry and a face of it alive beside the embedding: strings, numbers and objects, rather too much than too little. */
const ENTRY_BYTES = 512;
const FACE_BYTES = 1024;
const NO_STAGES = { decode: 0, preprocess: 0, infer: 0, match: 0 } as const;

/** Lower-case hex, on the thread that asks: some 50 microseconds for a camera's frame. */
export function sha256Of(image: Uint8Array): string {
  return createHash('sha256').update(image).digest('hex');
}

export class FrameCache {
  readonly #entries: LRUCache<string, Entry> | null;
  readonly #galleryVersion: () => number;
  readonly #flights = new Map<string, Flight>();
  readonly #figures = { hits: 0, joined: 0, misses: 0, evictions: 0 };
  /** Grows whenever everything is forgotten: what was begun before must not be kept after. */
  #generation = 0;

  /** @param maxBytes 0 keeps nothing @param galleryVersion what people are found in now */
  constructor(maxBytes: number, galleryVersion: () => number) {
    this.#galleryVersion = galleryVersion;
    this.#entries =
      maxBytes === 0
        ? null
        : new LRUCache({
            maxSize: maxBytes,
            sizeCalculation: ({ frame }) => frame.faces.reduce((sum, face) => sum + bytesOf(face), ENTRY_BYTES),
            dispose: ({ frame }, _key, reason) => {
              if (reason === 'evict') this.#figures.evictions++;
              for (const { answer } of frame.faces) answer.embedding?.fill(0);
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
   * @param compute called before this returns, or never; may be asked for more than was wanted, so that it serves others too.
   * Its signal is aborted when everybody who waits for it has gone
   * @param signal aborted when whoever asks has gone
   * @throws what `compute` throws
   */
  worked(asked: Asked, sha256: string, compute: Compute<FrameWork['want']>, signal?: AbortSignal): Promise<WorkedFrame> {
    const { want, region = null, minFacePx = null } = asked;
    if (this.#entries === null || typeof want !== 'string') return compute(want, signal);
    const key = JSON.stringify([sha256, region, minFacePx]);
    const level = levelOf(want);
    const version = this.#galleryVersion();

    const known = this.#entries.get(key);
    if (known !== undefined && serves(known, level, version)) {
      this.#figures.hits++;
      return Promise.resolve(copyOf(known.frame, level));
    }
    // Of those who ask at one version of the gallery each may have the other's answer: the search is at least so new.
    const flightKey = `${key} ${level} ${version}`;
    const flight = this.#flights.get(flightKey);
    if (flight !== undefined && !flight.askers.signal.aborted) {
      this.#figures.joined++;
      flight.askers.join(signal);
      return flight.frame.then((frame) => copyOf(frame, level));
    }
    this.#figures.misses++;
    const askers = new Askers();
    askers.join(signal);
    return this.#begin(key, flightKey, level, askers, compute);
  }

  /** Somebody is to be forgotten, and any of these frames may show them. */
  forget(): void {
    this.#generation++;
    this.#flights.clear();
    this.#entries?.clear();
  }

  async #begin(key: string, flightKey: string, level: Level, askers: Askers, compute: Compute<Level>): Promise<WorkedFrame> {
    const generation = this.#generation;
    const flight: Flight = { frame: compute(level, askers.signal), askers };
    this.#flights.set(flightKey, flight);
    try {
      const frame = await flight.frame;
      if (generation === this.#generation) this.#keep(key, { frame: copyOf(frame, level), level });
      return frame;
    } finally {
      if (this.#flights.get(flightKey) === flight) this.#flights.delete(flightKey);
    }
  }

  #keep(key: string, entry: Entry): void {
    const known = this.#entries?.peek(key);
    if (known === undefined || RANKS[entry.level] >= RANKS[known.level]) this.#entries?.set(key, entry);
  }
}

/** Whoever wants people gets the embedding with them: it costs nothing more, and serves those who want that. */
function levelOf(want: Want): Level {
  return want === 'match' ? 'all' : want;
}

function serves({ frame, level }: Entry, wanted: Level, galleryVersion: number): boolean {
  if (frame.faces.length === 0) return true;
  if (RANKS[level] < RANKS[wanted]) return false;
  // The lanes tell the low 32 bits.
  return wanted !== 'all' || frame.faces.every(({ answer }) => answer.galleryVersion === galleryVersion >>> 0);
}

/** With memory of its own, since an entry's is wiped when it goes, and with no more than is wanted. */
function copyOf({ width, height, faces, isCarried }: WorkedFrame, level: Level): WorkedFrame {
  const copies = faces.map(({ face, answer }) => ({ face, answer: copyOfAnswer(answer, level) }));
  return { width, height, faces: copies, isCarried, stages: NO_STAGES };
}

function copyOfAnswer({ points, measures, embedding, matches, galleryVersion }: FaceAnswer, level: Level): FaceAnswer {
  if (level === 'points') return { points };
  return {
    points,
    ...(measures && { measures }),
    ...(embedding && { embedding: embedding.slice() }),
    ...(level === 'all' && matches !== undefined && galleryVersion !== undefined ? { matches, galleryVersion } : {}),
  };
}

function bytesOf({ answer }: DescribedFace): number {
  return FACE_BYTES + (answer.embedding?.byteLength ?? 0);
}
