// One process owns a store: two would each believe their own memory. The kernel holds the lock and lets go of it
// when the process ends, however it ends, so nothing that a dead process left behind can block a restart.
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { StoreOpenError } from './store-open-error.js';

export class DirectoryLock {
  private constructor(private readonly fd: number) {}

  /** @param name of what is kept there, for the message @throws StoreOpenError when another process has the directory; the system's error when it cannot be written */
  static take(dir: string, name: string): DirectoryLock {
    const fd = openSync(join(dir, 'owner.lock'), 'a', 0o600);
    if (!tryLock(fd)) {
      closeSync(fd);
      throw new StoreOpenError(
        `The ${name} in ${dir} is in use by another running process: stop that one, or give this one a data directory of its own.`,
      );
    }
    return new DirectoryLock(fd);
  }

  /** Closing the file lets go of the lock. */
  release(): void {
    closeSync(this.fd);
  }
}
