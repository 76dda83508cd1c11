// Whether a service that has too much to do gives the same answers as one that has nothing else: the same faces, and the same
// embeddings.
import { createHttpClient } from '../../clients/http-client.js';
import { embeddingValues } from '../../clients/results.js';
import type { EmbeddedFace } from '../../protocol/payloads.js';

/** Of an answer about one image: its faces. */
export interface Embedded {
  readonly faces: readonly Pick<EmbeddedFace, 'embedding' | 'dim'>[];
}

export interface Sameness {
  readonly images: number;
  readonly faces: number;
  /** Images in which another number of faces was found. */
  readonly otherFaces: number;
  /** The most that one value of an embedding differs; NaN when there was none to compare. */
  readonly mostDifference: number;
}

/** One image after the other, over HTTP. */
export async function embedAll(url: string, images: readonly Buffer[]): Promise<Embedded[]> {
  const http = createHttpClient(url);
  const answers: Embedded[] = [];
  for (const image of images) answers.push(await http.embed(image));
  return answers;
}

export function compareAnswers(idle: readonly Embedded[], busy: readonly Embedded[]): Sameness {
  const differences: number[] = [];
  let otherFaces = 0;
  idle.forEach(({ faces: expected }, index) => {
    const found = busy[index]?.faces ?? [];
    if (found.length !== expected.length) otherFaces++;
    expected.forEach((face, at) => {
      const other = found[at];
      if (other !== undefined) differences.push(mostDifference(embeddingValues(face), embeddingValues(other)));
    });
  });
  const most = differences.length === 0 ? NaN : Math.max(...differences);
  return { images: idle.length, faces: differences.length, otherFaces, mostDifference: most };
}

function mostDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? NaN))), 0);
}
