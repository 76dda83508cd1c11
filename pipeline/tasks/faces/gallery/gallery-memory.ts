// How much memory people and faces take at most, so that a gallery is bounded by what fits and not by how many they are. The
// figures include what an import needs to check and replace them; they are bounds, not measurements.
import { OnlookerError } from '../../../../protocol/errors.js';
import type { StoredPerson } from './records.js';
import { sketchBytes } from './sketch.js';

/** Some 130,000 people with one face of 512 numbers each. */
export const GALLERY_BYTES_DEFAULT = 768 * 1024 * 1024;
/** The entries of one person in every index, twice: an import builds the new ones beside the old. */
export const PERSON_BYTES = 2048;
const FACE_BYTES = 1024;
/** A character of a text that is not Latin alone. */
const CHARACTER_BYTES = 2;

/** @param metadata as JSON */
export function personBytes({ id, name, external_id }: Omit<StoredPerson, 'metadata'>, metadata: string): number {
  const characters = id.length + name.length + (external_id?.length ?? 0) + metadata.length;
  return PERSON_BYTES + characters * CHARACTER_BYTES;
}

/** The same of a person as it is stored. */
export const storedPersonBytes = (person: StoredPerson): number => personBytes(person, JSON.stringify(person.metadata));

/** @param dim of the embedding */
export function faceBytes(dim: number): number {
  return FACE_BYTES + dim * Float32Array.BYTES_PER_ELEMENT + sketchBytes(dim);
}

/** @param needed with what is to be added @throws OnlookerError GALLERY_FULL */
export function needRoom(needed: number, maxBytes: number): void {
  if (needed <= maxBytes) return;
  const mib = Math.floor(maxBytes / 2 ** 20);
  throw new OnlookerError(
    'GALLERY_FULL',
    `The gallery may take ${mib} MiB of memory, and this would need more. Nothing was changed.`,
  );
}
