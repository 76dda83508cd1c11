// Lets the main thread go before those that calculate: it does little, but all clients wait for it, and with every core busy
// it would stand in line with the lanes. Those that work on large pictures come last. Linux alone gives each thread a priority of its own.
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** Nice levels; the main thread stays at 0. */
export const PRIORITY = { calculating: 5, large: 15 } as const;

/** Of the thread that calls it; it cannot be taken back. Where the system does not let it, nothing changes. */
export function yieldToMainThread(nice: number): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), nice);
  } catch {
    // A sandbox without /proc: the service only answers a little less evenly.
  }
}
