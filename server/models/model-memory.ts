// How much memory models in folders may have.
import { totalmem } from 'node:os';

const SHARE = 0.5;
const MEBIBYTE = 2 ** 20;

/** @param setting MiB, or `auto` for half of what this process may have (its control group's limit, else the machine's memory) */
export function modelMemoryBytes(setting: number | 'auto'): number {
  if (setting !== 'auto') return setting * MEBIBYTE;
  const limit = process.constrainedMemory();
  // Without a limit it is 0, or more than there is.
  return SHARE * (limit > 0 ? Math.min(limit, totalmem()) : totalmem());
}
