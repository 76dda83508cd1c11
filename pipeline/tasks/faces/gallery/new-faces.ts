// Which faces came into the gallery since a version: for those who only want to know whether they are concerned.
import type { GalleryContent } from './gallery-load.js';

export interface EnrolledFace {
  readonly person: string;
  /** May not be kept. */
  readonly embedding: Float32Array;
}

/** Whoever asks had better search anew where more came. */
const MOST = 256;

/** @returns null where more came than are worth looking at one by one */
export function facesSince({ matrix, roster }: GalleryContent, version: number): readonly EnrolledFace[] | null {
  const faces: EnrolledFace[] = [];
  for (const { owner, embedding } of matrix.addedAfter(version)) {
    const person = roster.owner(owner);
    if (person === undefined) continue;
    if (faces.length === MOST) return null;
    faces.push({ person: person.id, embedding });
  }
  return faces;
}
