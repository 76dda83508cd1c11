// Lets the main thread go before those that calculate: it does little, but all clients wait for it, and with every core busy
// it would stand in line with the lanes. Linux alone gives each thread a priority of its own.
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** Nice level of a thread that calculates; the main thread stays at 0. */
const NICE = 5;

/** Of the thread that calls it. Where the system does not let it, nothing changes. */
export function yieldToMainThread(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICE);
  } catch {
    // A sandbox without /proc: the service only answers a little less evenly.
  }
}
