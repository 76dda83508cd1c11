// A gallery file of people whose embeddings came from elsewhere, as docs/gallery.md has it byte by byte: what the service imports.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('ONLKGLRY', 'latin1');
const FORMAT = 1;
const KIND = { header: 1, person: 2, face: 3, trailer: 4 } as const;
/** Nobody saw the face that it is of. */
const UNKNOWN_QUALITY = 0.5;

export interface PersonToImport {
  readonly name: string;
  readonly externalId: string | null;
  /** L2-normalised. */
  readonly embeddings: readonly Float32Array[];
}

/** The same person of the same file has the same id, so that a file that is imported twice adds nobody twice. */
export function idOf({ name, externalId }: Pick<PersonToImport, 'name' | 'externalId'>): string {
  return `import-${sha256(JSON.stringify([name, externalId])).slice(0, 32)}`;
}

/** @param model that made the embeddings @param nowMs Unix ms */
export function galleryFile(
  people: readonly PersonToImport[],
  model: { readonly id: string; readonly sha256: string; readonly dim: number },
  nowMs: number,
): Buffer {
  const faces = people.flatMap((person) =>
    person.embeddings.map((embedding) => ({ person: idOf(person), bytes: littleEndian(embedding) })),
  );
  const header = { model, people: people.length, faces: faces.length, gallery_version: 0, created_at: nowMs };
  const version = Buffer.alloc(4);
  version.writeUInt32LE(FORMAT);
  const body = Buffer.concat([
    MAGIC,
    version,
    frame(KIND.header, seal(header)),
    ...people.map((person) => {
      const { name, externalId: external_id } = person;
      return frame(
        KIND.person,
        seal({ id: idOf(person), name, external_id, metadata: {}, created_at: nowMs, updated_at: nowMs }),
      );
    }),
    ...faces.map(({ person, bytes }) => {
      // There is no image; the embedding stands for it, so that the same face is not there twice.
      const image_sha256 = sha256(bytes);
      const id = `import-${sha256(`${person} ${image_sha256}`).slice(0, 32)}`;
      const face = { id, person, quality: UNKNOWN_QUALITY, box: [0, 0, 0, 0], image_sha256, created_at: nowMs };
      return frame(KIND.face, seal(face, bytes));
    }),
  ]);
  return Buffer.concat([body, frame(KIND.trailer, createHash('sha256').update(body).digest())]);
}

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function littleEndian(embedding: Float32Array): Buffer {
  const bytes = Buffer.alloc(embedding.length * 4);
  embedding.forEach((value, at) => bytes.writeFloatLE(value, at * 4));
  return bytes;
}

function frame(kind: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

function seal(json: object, tail: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(JSON.stringify(json));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const rest = Buffer.concat([length, text, tail]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(rest));
  return Buffer.concat([sum, rest]);
}
