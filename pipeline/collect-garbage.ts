// Lets go of shared memory that is in use no more. The engine does not count shared memory, so a thread that makes little
// garbage of its own would keep what it has forgotten for hours: whoever drops much of it asks for a collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Collects the garbage of the thread that calls it: a few milliseconds in a lane, some ten on a busy main thread. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  collect();
}
