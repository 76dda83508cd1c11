// What a gallery is opened with, and what a face is added with.
import type { Box } from '../../protocol/payloads.js';
import type { GalleryModel } from './records.js';
import type { StoreKind } from '../store/record-store.js';

export const GALLERY_STORE: StoreKind = {
  file: 'gallery',
  name: 'gallery',
  whenDamaged: 'put back a copy of its gallery.mdb, or move that file away, start again and import the last export.',
};

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
  /** What was looked for before, so that whoever came since is looked at too. */
  readonly searched?: {
    readonly galleryVersion: number;
    /** Least cosine at which a face counts as somebody's. */
    readonly match: number;
    /** Cosine with the person's own best face; -1 where there is none. */
    readonly own: number;
  };
}

export interface GalleryOptions {
  /** A directory of the gallery's own; made when it is not there. */
  readonly dir: string;
  readonly model: GalleryModel;
  /** Unix ms. */
  readonly now?: () => number;
  /** How long after a deletion the store's file is written anew: deletions within that time share one rewrite. */
  readonly purgeDelayMs?: number;
  /** Whether pictures of faces are kept (default); where not, those that are there go at the start. */
  readonly pictures?: boolean;
  readonly log?: { warn(details: object, message: string): void };
}
