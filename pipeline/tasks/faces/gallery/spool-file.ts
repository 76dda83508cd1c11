// A nameless temporary file: what is exported or imported waits there while it is checked or read by a slow client.
// Its name is removed as soon as it is open, so that no end of the process, however sudden, leaves people's data behind. It
// leaves room on the disk for everybody else's changes.
import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { needFreeBytes } from '../../../store/disk-space.js';

/** Names that begin so are left over from a crash between opening and removing: deleted at the next start. */
const SPOOL_PREFIX = 'spool-';
const READ_BYTES = 64 * 1024;
/** Left free for the stores on the same disk, which refuse changes long before that is used up. */
const RESERVED_BYTES = 64 * 1024 * 1024;
/** So many bytes are written between two looks at the disk. */
const STEP_BYTES = 4 * 1024 * 1024;

export class SpoolFile {
  #bytes = 0;
  /** Up to here there was room when the disk was last looked at. */
  #roomFor = 0;

  private constructor(
    private readonly dir: string,
    private readonly handle: FileHandle,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** @param signal its reason is thrown by whoever reads or writes after it was aborted */
  static async create(dir: string, signal?: AbortSignal): Promise<SpoolFile> {
    const path = join(dir, `${SPOOL_PREFIX}${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await rm(path);
    return new SpoolFile(dir, handle, signal);
  }

  /** Of a process that did not end by itself. No other may have the directory. */
  static removeLeftovers(dir: string): void {
    for (const name of readdirSync(dir)) if (name.startsWith(SPOOL_PREFIX)) rmSync(join(dir, name));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws OnlookerError DISK_FULL */
  async append(chunk: Uint8Array): Promise<void> {
    this.signal?.throwIfAborted();
    if (this.#bytes + chunk.length > this.#roomFor) {
      const step = Math.max(STEP_BYTES, chunk.length);
      await needFreeBytes(this.dir, RESERVED_BYTES + step, 'gallery');
      this.#roomFor = this.#bytes + step;
    }
    for (let written = 0; written < chunk.length;) {
      const { bytesWritten } = await this.handle.write(chunk, written, chunk.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#bytes += chunk.length;
  }

  /** The bytes from `start` up to `end` (not included), in chunks of their own memory. */
  async *read(start = 0, end = this.#bytes, chunkBytes = READ_BYTES): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      this.signal?.throwIfAborted();
      const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - at));
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error('the temporary file has become shorter');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
