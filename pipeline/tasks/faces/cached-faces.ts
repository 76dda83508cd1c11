// How the faces of a frame are kept for the same bytes: faces and embeddings, no names, so that one entry serves whoever wants
// points, embeddings or people.
import type { Cacheable } from '../../streams/frame-cache.js';
import type { FaceAnswer, FaceItem } from './face-items.js';
import type { DescribedFace, Faces, FacesAsked } from './face-job.js';

/** Each holds what those before it hold. */
const RANKS = { points: 0, embedding: 1, all: 2 } as const;
export type Level = keyof typeof RANKS;

/** Whoever wants people gets the embedding with them: it costs nothing more, and serves those who want that. */
export function levelOf(want: FaceItem['want']): Level {
  return want === 'match' ? 'all' : want;
}

/** What keeps a face alive beside its embedding: strings, numbers and objects. */
const FACE_BYTES = 1024;

export class CachedFaces implements Cacheable<Faces> {
  readonly key: string;
  readonly rank: number;
  readonly version: string;
  readonly #level: Level;
  readonly #galleryVersion: number;

  /** @param galleryVersion of now */
  constructor({ region, minFacePx, attributes }: FacesAsked, level: Level, galleryVersion: number) {
    this.key = JSON.stringify(['faces', region ?? null, minFacePx ?? null, attributes ?? null]);
    this.rank = RANKS[level];
    this.version = String(galleryVersion);
    this.#level = level;
    this.#galleryVersion = galleryVersion;
  }

  serves(kept: Faces, rank: number): boolean {
    if (kept.length === 0) return true;
    if (rank < this.rank) return false;
    // The lanes tell the low 32 bits.
    return this.#level !== 'all' || kept.every(({ answer }) => answer.galleryVersion === this.#galleryVersion >>> 0);
  }

  copy(faces: Faces): Faces {
    return faces.map(({ face, answer }) => ({ face, answer: copyOf(answer, this.#level) }));
  }

  keep(faces: Faces): Faces {
    return this.copy(faces);
  }

  bytesOf(faces: Faces): number {
    return faces.reduce((sum, face) => sum + bytesOf(face), 0);
  }

  wipe(faces: Faces): void {
    for (const { answer } of faces) answer.embedding?.fill(0);
  }
}

function copyOf({ points, attributes, measures, embedding, matches, galleryVersion }: FaceAnswer, level: Level): FaceAnswer {
  const seen = { points, ...(attributes && { attributes }) };
  if (level === 'points') return seen;
  return {
    ...seen,
    ...(measures && { measures }),
    ...(embedding && { embedding: embedding.slice() }),
    ...(level === 'all' && matches !== undefined && galleryVersion !== undefined ? { matches, galleryVersion } : {}),
  };
}

function bytesOf({ answer }: DescribedFace): number {
  return FACE_BYTES + (answer.embedding?.byteLength ?? 0);
}
