// Lets go of shared memory that is in use no more. The engine does not count shared memory, so a thread that makes little
// garbage of its own would keep what it has forgotten for hours: whoever drops much of it asks for a collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Collects the garbage of the thread that calls it: a few milliseconds in a lane, some ten on a busy main thread. Nobody
 * fails for want of it: where it cannot be had the memory is only kept for longer.
 */
export function collectGarbage(): void {
  try {
    collect ??= collectorOfThisThread();
  } catch {
    return;
  }
  collect();
}

/** The flag is the whole process's and stays set: taken back, it would be gone while another thread is between the two lines. */
function collectorOfThisThread(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const LATER_MS = 10_000;
let later: NodeJS.Timeout | undefined;

/**
 * For a thread that others send shared memory, after its work: what they let go of is kept by its garbage too, and it never
 * hears of that. Collects once, some seconds after the first call; keeps no thread alive.
 */
export function collectGarbageLater(): void {
  later ??= setTimeout(() => {
    later = undefined;
    collectGarbage();
  }, LATER_MS).unref();
}

/** A collection holds a busy thread for some ms: it is worth it from here on. */
const COLLECT_FROM_BYTES = 32 * 1024 * 1024;

/** Shared memory that a thread has dropped, collected now and then. */
export class DroppedMemory {
  #bytes = 0;

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < COLLECT_FROM_BYTES) return;
    this.#bytes = 0;
    collectGarbage();
  }
}
