// The thread of one look for people who look alike: works, tells, ends.
import { parentPort, workerData } from 'node:worker_threads';
import { findLookalikes, type LookalikeJob } from './lookalike-search.js';

parentPort?.postMessage(findLookalikes(workerData as LookalikeJob));
