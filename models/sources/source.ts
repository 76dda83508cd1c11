// What the kinds of sources have in common: the job they are given. A source puts files into a
// folder and nothing more; it must never decide that a file is good (the cache does, by sha256).
import type { ManifestFile, ManifestSource } from '../manifest.js';

export interface Progress {
  /** What is being fetched, as its manifest names it. */
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface FetchJob {
  readonly source: ManifestSource;
  /** All of this source. */
  readonly files: readonly ManifestFile[];
  /** Where each file goes, named by its sha256. May hold what an interrupted run of the same job left. */
  readonly folder: string;
  /** Folder that relative `file:` paths start from. */
  readonly manifestFolder: string;
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** How long the source may be silent, in milliseconds. */
  readonly stallMs?: number;
}

/** Brings every file of the job into its folder, or throws ModelError `FETCH_FAILED`, `WRONG_HASH` or `ABORTED`. */
export type FetchSource = (job: FetchJob) => Promise<void>;
