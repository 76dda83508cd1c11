// Exports under way: who asks for the gallery while another export of the same moment is being read, reads the same file, so
// that many who ask at once cost the disk as much as one does. Nothing is written before the first chunk is asked for.
import { OnlookerError } from '../../protocol/errors.js';
import type { StoreView } from '../store/record-store.js';
import { writeGalleryFile } from './gallery-file.js';
import { FACE_PREFIX, PERSON_PREFIX, PICTURE_PREFIX } from './gallery-load.js';
import type { FileHeader } from './records.js';
import { SpoolFile } from './spool-file.js';
import { TWINS_PREFIX } from './twins.js';

/** Of different moments: one that a slow client still reads, and the present one. */
const COPIES_MAX = 2;

interface Copy {
  /** Of the gallery that it holds; undefined until it is known. */
  version: number | undefined;
  readers: number;
  readonly spool: Promise<SpoolFile>;
}

/** What is exported. */
export interface ExportSource {
  /** Of now; grows with every change. */
  version(): number;
  /** @param begun to be told the version that is written, once that is certain */
  write(spool: SpoolFile, begun: (version: number) => void): Promise<void>;
}

export class SharedExports {
  readonly #copies = new Set<Copy>();

  constructor(
    private readonly dir: string,
    private readonly source: ExportSource,
  ) {}

  /** @throws OnlookerError OVERLOADED, DISK_FULL */
  async *read(): AsyncGenerator<Uint8Array> {
    const copy = this.#take();
    try {
      yield* (await copy.spool).read();
    } finally {
      await this.#leave(copy);
    }
  }

  #take(): Copy {
    const version = this.source.version();
    const present = [...this.#copies].find((copy) => copy.version === undefined || copy.version === version);
    if (present !== undefined) {
      present.readers++;
      return present;
    }
    if (this.#copies.size >= COPIES_MAX)
      throw new OnlookerError('OVERLOADED', 'Older exports of the gallery are still being read; try again when they are done.');
    const written = this.#write((begun) => (copy.version = begun));
    const copy: Copy = { version: undefined, readers: 1, spool: written };
    this.#copies.add(copy);
    return copy;
  }

  async #write(begun: (version: number) => void): Promise<SpoolFile> {
    const spool = await SpoolFile.create(this.dir);
    try {
      await this.source.write(spool, begun);
      return spool;
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  async #leave(copy: Copy): Promise<void> {
    copy.readers--;
    if (copy.readers > 0) return;
    this.#copies.delete(copy);
    // One that could not be written is closed already, and its readers have been told why.
    const spool = await copy.spool.catch(() => undefined);
    await spool?.close();
  }
}

/** Writes what a view of the store holds as one file, and lets go of the view. */
export async function exportView(spool: SpoolFile, header: FileHeader, view: StoreView): Promise<void> {
  try {
    await writeGalleryFile(spool, header, {
      people: view.chunks(PERSON_PREFIX),
      faces: view.chunks(FACE_PREFIX),
      pictures: view.chunks(PICTURE_PREFIX),
      twins: view.chunks(TWINS_PREFIX),
    });
  } finally {
    view.release();
  }
}
