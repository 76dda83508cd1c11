// What the service needs of whoever can draw: given from outside, since the command line draws the same.
import type { DetectedFace, NamedFace } from '../protocol/payloads.js';

/**
 * Draws boxes and names into a picture.
 * @param image JPEG, PNG or WebP
 * @param maxPixels of the image
 * @returns JPEG
 */
export type DrawFaces = (
  image: Uint8Array,
  faces: readonly (DetectedFace & Partial<Pick<NamedFace, 'person' | 'candidates' | 'reason'>>)[],
  maxPixels: number,
) => Promise<Uint8Array>;
