// Gives memory that was let go back to the system: the C library keeps what was freed in small pieces, for good if need be.
// Beside the main thread, and where the system has no such call not at all.
import koffi from 'koffi';

/** What belongs together is let go together; one call does for all of it. */
const DELAY_MS = 500;

let isDue = false;

/** To be called after much was let go at once, as after an attack. */
export function giveBackMemory(): void {
  if (isDue || trim === null) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    trim?.async(0, () => undefined);
  }, DELAY_MS).unref();
}

interface Trim {
  async(pad: number, done: () => void): void;
}

const trim = mallocTrim();

/** `malloc_trim` of glibc. */
function mallocTrim(): Trim | null {
  if (process.platform !== 'linux') return null;
  try {
    return koffi.load(null).func('int malloc_trim(size_t pad)') as unknown as Trim;
  } catch {
    return null;
  }
}
