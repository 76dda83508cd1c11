// What a gallery is opened with, and what a face is added with.
import type { Box } from '../../../../protocol/payloads.js';
import type { Change } from '../../../store/record-store.js';
import type { GalleryModel } from './records.js';

export interface NewFace {
  /** L2-normalised, as long as the model's dimension. */
  readonly embedding: Float32Array;
  /** 0..1. */
  readonly quality: number;
  readonly box: Box;
  /** sha256 of the image bytes, lower-case hex: the same image twice for one person is one face. */
  readonly imageSha256: string;
  /** A small JPEG of it, kept beside it where pictures are kept. */
  readonly picture?: Uint8Array | undefined;
  /** Ids of people who resemble the person and are not the person: they are twins from now on. */
  readonly twinOf?: readonly string[];
  /** What was looked for before, so that whoever came since is looked at too. */
  readonly searched?: {
    readonly galleryVersion: number;
    /** Least cosine at which a face counts as somebody's. */
    readonly match: number;
    /** Cosine with the person's own best face; -1 where there is none. */
    readonly own: number;
  };
}

export interface ImportOptions {
  /** Aborted before the commit, nothing is changed; after it, the import is done. */
  readonly signal?: AbortSignal;
  /** How many bytes will come, where that is known: others are told by it when it should be done. */
  readonly announcedBytes?: number;
}

export interface GalleryOptions {
  /** A directory of the gallery's own; made when it is not there. */
  readonly dir: string;
  readonly model: GalleryModel;
  /** Unix ms. */
  readonly now?: () => number;
  /** How long after a deletion the store's file is written anew: deletions within that time share one rewrite. */
  readonly purgeDelayMs?: number;
  /** Most memory that people and faces may take, as gallery-memory.ts counts it. */
  readonly maxBytes?: number;
  /** Whether pictures of faces are kept (default); where not, those that are there go at the start. */
  readonly pictures?: boolean;
  readonly log?: { warn(details: object, message: string): void };
}

/** One change of the gallery: what is written, and what follows in memory once that is durable. */
export interface Mutation<T> {
  /** Nothing is committed when it is empty. */
  readonly changes: readonly Change[];
  readonly apply: () => T;
}
