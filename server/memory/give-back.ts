// Gives memory that was let go back to the system: the C library keeps what was freed in small pieces, for good if need be.
// Beside the main thread, and where the system has no such call not at all.
import { systemLibrary } from './system-library.js';

/** What belongs together is let go together; one call does for all of it. */
const DELAY_MS = 500;

let isDue = false;
let trim: ReturnType<typeof mallocTrim> | undefined;

/** To be called after much was let go at once, as after an attack. */
export function giveBackMemory(): void {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    trim ??= mallocTrim();
    trim.async(0, () => undefined);
  }, DELAY_MS).unref();
}

/** `malloc_trim` of glibc; nothing with another library. */
function mallocTrim(): { async(pad: number, done: () => void): void } {
  try {
    const found = systemLibrary()?.func('int malloc_trim(size_t pad)');
    if (found !== undefined) return found;
  } catch {
    // Another C library than glibc.
  }
  return { async: () => undefined };
}
