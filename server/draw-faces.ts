// What the service needs of whoever can draw: given from outside, since the command line draws the same.
import type { DetectedFace, NamedFace, ObjectFound } from '../protocol/payloads.js';

/**
 * Draws boxes and names into a picture: of faces, or of objects.
 * @param image JPEG, PNG or WebP
 * @param maxPixels of the image
 * @returns JPEG
 */
export type DrawFaces = (
  image: Uint8Array,
  found: readonly ((DetectedFace & Partial<Pick<NamedFace, 'person' | 'candidates' | 'reason'>>) | ObjectFound)[],
  maxPixels: number,
) => Promise<Uint8Array>;
