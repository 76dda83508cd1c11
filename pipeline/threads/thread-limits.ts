// What V8 may take for a thread that calculates: its work is in the runtime's memory and in shared images, and the little
// garbage it makes needs no nursery of 48 MiB.
import type { ResourceLimits } from 'node:worker_threads';

export const CALCULATING_THREAD: ResourceLimits = { maxYoungGenerationSizeMb: 4 };
