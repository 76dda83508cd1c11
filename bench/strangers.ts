// A gallery of people who do not exist: random unit embeddings, the same ones in every run, so that searching costs what
// it costs in a gallery of that size and nobody is ever named by chance.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PreparedPack } from '../models/prepared.js';
import { FaceMatrix, type GallerySnapshot } from '../pipeline/tasks/faces/gallery/face-matrix.js';
import { Gallery } from '../pipeline/tasks/faces/gallery/gallery.js';
import { unitVector } from '../test/tasks/faces/gallery/vectors.js';

function dimOf({ embedder }: PreparedPack): number {
  if (embedder === undefined) throw new Error('the pack has no embedder, so it has no gallery');
  return embedder.dim;
}

/** The strangers as a lane searches them. */
export function strangersInMemory(pack: PreparedPack, people: number): GallerySnapshot {
  const dim = dimOf(pack);
  const matrix = new FaceMatrix(dim, 0);
  for (let person = 0; person < people; person++) matrix.append(`face-${person}`, person, unitVector(person, dim));
  return matrix.snapshot;
}

/** The strangers as a service finds them in its data folder. */
export async function enrolStrangers(pack: PreparedPack, people: number, dataDir: string): Promise<void> {
  const dim = dimOf(pack);
  const { embedder } = pack;
  if (embedder === undefined) return;
  const model = { id: embedder.id, sha256: embedder.sha256, dim };
  const gallery = await Gallery.open({ dir: join(dataDir, 'gallery'), model });
  try {
    for (let person = 0; person < people; person++) {
      const { id } = await gallery.createPerson({ name: `Stranger ${person}` });
      const imageSha256 = createHash('sha256').update(`stranger ${person}`).digest('hex');
      await gallery.addFace(id, { embedding: unitVector(person, dim), quality: 1, box: [0, 0, 112, 112], imageSha256 });
    }
  } finally {
    await gallery.close();
  }
}
