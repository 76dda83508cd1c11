// The exported gallery, one file: how it is written and how it is read with suspicion. docs/gallery.md has its layout
// byte by byte. It applies nothing; beside one record, memory holds the ids of the file's people and
// faces, no more of them than may be in a gallery, whatever a file claims.
import { createHash } from 'node:crypto';
import { OnlookerError } from '../../../../protocol/errors.js';
import { faceBytes, needRoom, PERSON_BYTES, storedPersonBytes } from './gallery-memory.js';
import {
  decodeFace,
  decodeFileHeader,
  decodePerson,
  decodePicture,
  decodeTwins,
  encodeFileHeader,
  RECORD_BYTES_MAX,
} from './records.js';
import type { FileHeader, GalleryModel, StoredFace, StoredPerson, TwinPair } from './records.js';
import type { StoreRecord } from '../../../store/record-store.js';
import { DamagedRecordError } from '../../../store/sealed-record.js';
import type { SpoolFile } from './spool-file.js';
import { Twins, TWINS_BYTES } from './twins.js';

const MAGIC = Buffer.from('ONLKGLRY', 'latin1');
/** The least that tells what is in it: a file without pictures and twins can be read by whoever reads version 1. */
const FORMAT_VERSIONS = { plain: 1, pictures: 2, twins: 3 } as const;
const NEWEST_FORMAT = FORMAT_VERSIONS.twins;
const PREAMBLE_BYTES = MAGIC.length + 4;
const KIND = { header: 1, person: 2, face: 3, trailer: 4, picture: 5, twins: 6 } as const;
const FRAME_BYTES = 5;
const SHA256_BYTES = 32;
/** Records are taken from the file in pieces of a few milliseconds of the main thread. */
const PIECE_BYTES = 16 * 1024;
const TRAILER_BYTES = FRAME_BYTES + SHA256_BYTES;

/** A record of the file; `value` is what the store keeps, byte for byte. */
export type FileRecord =
  | { readonly kind: 'person'; readonly person: StoredPerson; readonly value: Buffer }
  | { readonly kind: 'face'; readonly face: StoredFace; readonly value: Buffer }
  | { readonly kind: 'picture'; /** Id of its face. */ readonly face: string; readonly value: Buffer }
  | { readonly kind: 'twins'; readonly pair: TwinPair; readonly value: Buffer };

function badGallery(message: string): OnlookerError {
  return new OnlookerError('BAD_GALLERY', `${message} Nothing was changed.`);
}

function frame(kind: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** Writes a gallery file: header, people, faces, pictures of faces, twins, then the SHA-256 of everything before. */
export async function writeGalleryFile(
  spool: SpoolFile,
  header: FileHeader,
  {
    people,
    faces,
    pictures,
    twins,
  }: Readonly<Record<'people' | 'faces' | 'pictures' | 'twins', AsyncIterable<readonly StoreRecord[]>>>,
): Promise<void> {
  const hash = createHash('sha256');
  const append = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await spool.append(bytes);
  };
  const version = Buffer.alloc(4);
  version.writeUInt32LE(formatOf(header));
  await append(Buffer.concat([MAGIC, version, frame(KIND.header, encodeFileHeader(header))]));
  for await (const records of people) await append(Buffer.concat(records.map(({ value }) => frame(KIND.person, value))));
  for await (const records of faces) await append(Buffer.concat(records.map(({ value }) => frame(KIND.face, value))));
  for await (const records of pictures) await append(Buffer.concat(records.map(({ value }) => frame(KIND.picture, value))));
  for await (const records of twins) await append(Buffer.concat(records.map(({ value }) => frame(KIND.twins, value))));
  await spool.append(frame(KIND.trailer, hash.digest()));
}

/**
 * Checks a file as a whole: magic, version, SHA-256, model, every record, all references.
 * @param maxBytes of memory that a gallery may take
 * @throws OnlookerError BAD_GALLERY, and GALLERY_FULL as soon as the file has more people and faces than fit
 */
export async function checkGalleryFile(spool: SpoolFile, model: GalleryModel, maxBytes: number): Promise<FileHeader> {
  await checkFrameOfFile(spool);
  let header: FileHeader | undefined;
  const people = new Set<string>();
  const externalIds = new Set<string>();
  const faces = new Set<string>();
  const images = new Set<string>();
  /** Faces whose picture is still to come. */
  const awaited = new Set<string>();
  let pictures = 0;
  const twins = new Twins();
  let bytes = 0;
  const count = (more: number): void => needRoom((bytes += more), maxBytes);
  const unique = (seen: Set<string>, key: string, what: string): void => {
    if (seen.has(key)) throw badGallery(`The gallery file holds ${what} twice.`);
    seen.add(key);
  };
  for await (const { kind, payload } of frames(spool)) {
    if (header === undefined) {
      if (kind !== KIND.header) throw badGallery('The gallery file does not begin with its header.');
      header = guarded(() => decodeFileHeader(payload));
      checkModel(header.model, model);
      // One that tells the truth is refused before it is read.
      needRoom(header.people * PERSON_BYTES + header.faces * faceBytes(model.dim), maxBytes);
    } else if (kind === KIND.person && faces.size === 0) {
      const person = guarded(() => decodePerson(payload));
      count(storedPersonBytes(person));
      unique(people, person.id, `the person ${person.id}`);
      if (person.external_id !== null) unique(externalIds, person.external_id, 'an external id');
    } else if (kind === KIND.face && pictures === 0) {
      const { face } = guarded(() => decodeFace(payload, model.dim));
      count(faceBytes(model.dim));
      if (!people.has(face.person)) throw badGallery(`Face ${face.id} of the gallery file belongs to nobody in it.`);
      unique(faces, face.id, `the face ${face.id}`);
      unique(images, `${face.person} ${face.image_sha256}`, `an image of person ${face.person}`);
      if (face.picture) awaited.add(face.id);
    } else if (kind === KIND.picture && twins.size === 0) {
      const { face } = guarded(() => decodePicture(payload));
      if (!awaited.delete(face)) throw badGallery(`The gallery file holds a picture of ${face} that belongs to no face.`);
      pictures++;
    } else if (kind === KIND.twins) {
      const pair = guarded(() => decodeTwins(payload));
      count(TWINS_BYTES);
      if (!pair.people.every((id) => people.has(id))) throw badGallery('Twins of the gallery file are nobody in it.');
      if (twins.areTwins(...pair.people)) throw badGallery('The gallery file holds twins twice.');
      if (!twins.hasRoomFor([pair])) throw badGallery('Somebody in the gallery file has too many twins.');
      twins.add(pair);
    } else {
      throw badGallery('The gallery file holds a record where it does not belong.');
    }
  }
  const isWhole = header?.people === people.size && header.faces === faces.size && (header.pictures ?? 0) === pictures;
  if (header === undefined || !isWhole || (header.twins ?? 0) !== twins.size || awaited.size > 0)
    throw badGallery('The gallery file does not hold what its header says.');
  return header;
}

/** The people, then the faces, then their pictures, then twins, of a file that was checked. */
export async function* recordsOf(spool: SpoolFile, dim: number): AsyncGenerator<FileRecord> {
  for await (const { kind, payload } of frames(spool)) {
    if (kind === KIND.person) yield { kind: 'person', person: decodePerson(payload), value: payload };
    else if (kind === KIND.face) yield { kind: 'face', face: decodeFace(payload, dim).face, value: payload };
    else if (kind === KIND.picture) yield { kind: 'picture', face: decodePicture(payload).face, value: payload };
    else if (kind === KIND.twins) yield { kind: 'twins', pair: decodeTwins(payload), value: payload };
  }
}

function formatOf({ pictures, twins }: FileHeader): number {
  if (twins !== undefined) return FORMAT_VERSIONS.twins;
  return pictures === undefined ? FORMAT_VERSIONS.plain : FORMAT_VERSIONS.pictures;
}

function guarded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DamagedRecordError) throw badGallery(`The gallery file is damaged (${error.message}).`);
    throw error;
  }
}

function checkModel(found: GalleryModel, wanted: GalleryModel): void {
  if (found.sha256 === wanted.sha256 && found.dim === wanted.dim) return;
  throw badGallery(
    `The gallery file was made with the model ${found.id} (sha256 ${found.sha256}, ${found.dim} values), ` +
      `this gallery is of ${wanted.id} (sha256 ${wanted.sha256}, ${wanted.dim} values): embeddings of two models cannot be compared.`,
  );
}

/** Magic, version and checksum. */
async function checkFrameOfFile(spool: SpoolFile): Promise<void> {
  const preamble = await bytesOf(spool, 0, Math.min(PREAMBLE_BYTES, spool.bytes));
  if (!preamble.subarray(0, MAGIC.length).equals(MAGIC)) throw badGallery('This is not a gallery file.');
  if (spool.bytes < PREAMBLE_BYTES + TRAILER_BYTES) throw badGallery('The gallery file is truncated.');
  const version = preamble.readUInt32LE(MAGIC.length);
  if (version < FORMAT_VERSIONS.plain || version > NEWEST_FORMAT)
    throw badGallery(`The gallery file has format ${version}, this service reads formats up to ${NEWEST_FORMAT}.`);
  const hash = createHash('sha256');
  for await (const chunk of spool.read(0, spool.bytes - TRAILER_BYTES)) hash.update(chunk);
  const trailer = await bytesOf(spool, spool.bytes - TRAILER_BYTES, spool.bytes);
  if (!trailer.equals(frame(KIND.trailer, hash.digest()))) {
    throw badGallery('The gallery file is damaged or truncated: its checksum does not fit.');
  }
}

async function bytesOf(spool: SpoolFile, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of spool.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The records between preamble and trailer. */
async function* frames(spool: SpoolFile): AsyncGenerator<{ kind: number; payload: Buffer }> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of spool.read(PREAMBLE_BYTES, spool.bytes - TRAILER_BYTES, PIECE_BYTES)) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= FRAME_BYTES) {
      const length = pending.readUInt32LE(1);
      if (length > RECORD_BYTES_MAX)
        throw badGallery(`The gallery file holds a record of ${length} bytes, more than there can be.`);
      if (pending.length < FRAME_BYTES + length) break;
      yield { kind: pending.readUInt8(0), payload: pending.subarray(FRAME_BYTES, FRAME_BYTES + length) };
      pending = pending.subarray(FRAME_BYTES + length);
    }
  }
  if (pending.length > 0) throw badGallery('The gallery file ends in the middle of a record.');
}
