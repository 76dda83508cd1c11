// Embeddings of people who do not exist, by the hundred thousand: random directions, of which one person's lie close
// together. The same ones in every run.
import { unitVector } from '../test/tasks/faces/gallery/vectors.js';

const BASES = 4099;
/** How far a photograph is from another one of the same person: a cosine of about .8. */
const WITHIN_PERSON = 0.5;

/**
 * @returns the embedding of a face; another `photograph` gives another one of the same person. Mixed from three of some
 *   thousand random directions, since making every one anew would take longer than what is measured.
 */
export function strangerFaces(dim: number): (face: number, photograph?: number) => Float32Array {
  const bases = Array.from({ length: BASES }, (_, seed) => unitVector(seed, dim));
  const base = (index: number): Float32Array => bases[index % BASES] as Float32Array;
  return (face, photograph = 0) => {
    const first = base(face);
    const second = base(Math.floor(face / BASES) * 31 + face * 17 + 1);
    const third = base(face * 7 + photograph * 1009 + 5);
    const vector = new Float32Array(dim);
    let squares = 0;
    for (let i = 0; i < dim; i++) {
      const value = (first[i] as number) + (second[i] as number) + WITHIN_PERSON * (third[i] as number);
      vector[i] = value;
      squares += value * value;
    }
    const scale = 1 / Math.sqrt(squares);
    for (let i = 0; i < dim; i++) vector[i] = (vector[i] as number) * scale;
    return vector;
  };
}
