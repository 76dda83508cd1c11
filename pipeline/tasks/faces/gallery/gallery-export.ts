// Exports under way: who asks for the gallery while another export of the same moment is being read, reads the same file, so
// that many who ask at once cost the disk as much as one does. Nothing is written before the first chunk is asked for.
import { OnlookerError } from '../../../../protocol/errors.js';
import { restMs, retryAfter } from '../../../scheduling/retry-after.js';
import type { StoreView } from '../../../store/record-store.js';
import { writeGalleryFile } from './gallery-file.js';
import { FACE_PREFIX, PERSON_PREFIX, PICTURE_PREFIX } from './gallery-load.js';
import type { FileHeader } from './records.js';
import { SpoolFile } from './spool-file.js';
import { TWINS_PREFIX } from './twins.js';

/** Of different moments: one that a slow client still reads, and the present one. */
const COPIES_MAX = 2;

interface Reader {
  readonly startedMs: number;
  doneBytes: number;
  totalBytes: number;
}
interface Copy {
  /** Of the gallery that it holds; undefined until it is known. */
  version: number | undefined;
  readonly readers: Set<Reader>;
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
    const reader: Reader = { startedMs: performance.now(), doneBytes: 0, totalBytes: 0 };
    copy.readers.add(reader);
    try {
      const spool = await copy.spool;
      reader.totalBytes = spool.bytes;
      for await (const chunk of spool.read()) {
        yield chunk;
        reader.doneBytes += chunk.length;
      }
    } finally {
      await this.#leave(copy, reader);
    }
  }

  #take(): Copy {
    const version = this.source.version();
    const present = [...this.#copies].find((copy) => copy.version === undefined || copy.version === version);
    if (present !== undefined) return present;
    if (this.#copies.size >= COPIES_MAX) {
      const message = 'Older exports of the gallery are still being read; try again when they are done.';
      throw new OnlookerError('OVERLOADED', message, undefined, retryAfter(this.#restMs()));
    }
    const written = this.#write((begun) => (copy.version = begun));
    const copy: Copy = { version: undefined, readers: new Set(), spool: written };
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

  /** Until the first copy has been read by all of its readers, at their pace so far; undefined where nothing is known of that. */
  #restMs(): number | undefined {
    const nowMs = performance.now();
    const rests = [...this.#copies].map(({ readers }) => {
      const ofReaders = [...readers].map(({ startedMs, doneBytes, totalBytes }) =>
        restMs(doneBytes, totalBytes, nowMs - startedMs),
      );
      return ofReaders.reduce((most, rest) => (most === undefined || rest === undefined ? undefined : Math.max(most, rest)), 0);
    });
    return rests.reduce((least, rest) => (rest === undefined ? least : Math.min(rest, least ?? Infinity)), undefined);
  }

  async #leave(copy: Copy, reader: Reader): Promise<void> {
    copy.readers.delete(reader);
    if (copy.readers.size > 0) return;
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
