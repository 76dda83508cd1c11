// The gallery: people and their faces. SHELL for the interface; the body follows.
import type { Box } from '../../protocol/payloads.js';

/** Which embedder made the embeddings; a gallery of another one is refused. */
export interface GalleryModel {
  readonly id: string;
  readonly sha256: string;
  readonly dim: number;
}
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly external_id: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Unix ms. */
  readonly created_at: number;
  readonly updated_at: number;
  /** How many faces are enrolled. */
  readonly faces: number;
}
export interface FaceRecord {
  readonly id: string;
  readonly person: string;
  readonly quality: number;
  readonly box: Box;
  readonly created_at: number;
}
export interface NewFace {
  readonly embedding: Float32Array;
  readonly quality: number;
  readonly box: Box;
  /** sha256 of the image bytes, lower-case hex: the same image twice for one person is one face. */
  readonly imageSha256: string;
}
/** What lanes search: shared memory, and the owner (index of a person, -1 for none) of each row. */
export interface GallerySnapshot {
  /** Grows with every snapshot. */
  readonly generation: number;
  readonly dim: number;
  /** Float32, capacity x dim, rows L2-normalised. */
  readonly matrix: SharedArrayBuffer;
  /** Int32, capacity: the owner of each row, -1 where deleted. */
  readonly owners: SharedArrayBuffer;
  /** Int32: [0] rows in use, [1] gallery version (low 32 bits unsigned); accessed with Atomics. */
  readonly control: SharedArrayBuffer;
}
export interface ImportReport {
  readonly added: number;
  readonly replaced: number;
  readonly kept: readonly string[];
  readonly faces: number;
}
export declare class Gallery {
  private constructor();
  static open(options: { readonly dir: string; readonly model: GalleryModel; readonly now?: () => number }): Promise<Gallery>;
  readonly version: number;
  readonly model: GalleryModel;
  readonly size: { readonly people: number; readonly faces: number };
  createPerson(input: { name: string; external_id?: string | null; metadata?: Record<string, unknown> }): Promise<Person>;
  person(id: string): Person | undefined;
  listPeople(page: { limit: number; after?: string }): { people: Person[]; next?: string };
  updatePerson(id: string, patch: { name?: string; external_id?: string | null; metadata?: Record<string, unknown> }): Promise<Person>;
  deletePerson(id: string): Promise<void>;
  addFace(personId: string, face: NewFace): Promise<{ face: FaceRecord; created: boolean }>;
  listFaces(personId: string, page: { limit: number; after?: string }): { faces: FaceRecord[]; next?: string };
  deleteFace(personId: string, faceId: string): Promise<void>;
  /** The person of a snapshot's owner index, while there is one. Called for every face: a look-up in memory. */
  owner(index: number): { readonly id: string; readonly name: string } | undefined;
  exportAll(): AsyncIterable<Uint8Array>;
  importAll(source: AsyncIterable<Uint8Array>, mode: 'merge' | 'replace'): Promise<ImportReport>;
  readonly snapshot: GallerySnapshot;
  /** Told of a new snapshot (grown or compacted shared memory); rows appended to the present one need no telling. */
  onSnapshot(listener: (snapshot: GallerySnapshot) => void): () => void;
  close(): Promise<void>;
}
