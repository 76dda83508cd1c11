// A nameless temporary file: what is exported or imported waits there while it is checked or read by a slow client.
// Its name is removed as soon as it is open, so that no end of the process, however sudden, leaves people's data behind.
import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Names that begin so are left over from a crash between opening and removing: deleted at the next start. */
const SPOOL_PREFIX = 'spool-';
const READ_BYTES = 64 * 1024;

export class SpoolFile {
  #bytes = 0;

  private constructor(private readonly handle: FileHandle) {}

  static async create(dir: string): Promise<SpoolFile> {
    const path = join(dir, `${SPOOL_PREFIX}${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await rm(path);
    return new SpoolFile(handle);
  }

  /** Of a process that did not end by itself. No other may have the directory. */
  static removeLeftovers(dir: string): void {
    for (const name of readdirSync(dir)) if (name.startsWith(SPOOL_PREFIX)) rmSync(join(dir, name));
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length;) {
      const { bytesWritten } = await this.handle.write(chunk, written, chunk.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#bytes += chunk.length;
  }

  /** The bytes from `start` up to `end` (not included), in chunks of their own memory. */
  async *read(start = 0, end = this.#bytes): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
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
