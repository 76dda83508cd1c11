// One process owns a gallery: two would each believe their own memory. The kernel holds the lock and lets go of it
// when the process ends, however it ends, so nothing that a dead process left behind can block a restart.
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { GalleryOpenError } from './gallery-open-error.js';

export class DirectoryLock {
  private constructor(private readonly fd: number) {}

  /** @throws GalleryOpenError when another process has the directory; the system's error when it cannot be written */
  static take(dir: string): DirectoryLock {
    const fd = openSync(join(dir, 'owner.lock'), 'a', 0o600);
    if (!tryLock(fd)) {
      closeSync(fd);
      throw new GalleryOpenError(
        `The gallery in ${dir} is in use by another running process: stop that one, or give this one a data directory of its own.`,
      );
    }
    return new DirectoryLock(fd);
  }

  /** Closing the file lets go of the lock. */
  release(): void {
    closeSync(this.fd);
  }
}
