// What a benchmark and the process of its cameras say to each other.
import type { FilmSettings } from './film.js';

export type CameraQuestion =
  /** Make a film; cameras may then show it. */
  | { readonly kind: 'film'; readonly film: string; readonly settings: FilmSettings }
  /** A new camera, or the same one again with another film. */
  | { readonly kind: 'start'; readonly camera: string; readonly film: string }
  | { readonly kind: 'report'; readonly camera: string }
  /** Cut its connections; it is there again at once. */
  | { readonly kind: 'drop'; readonly camera: string }
  /** Gone, port and all, and back after a while. */
  | { readonly kind: 'outage'; readonly camera: string; readonly forMs: number }
  | { readonly kind: 'stop'; readonly camera: string };

/** Of the camera that was asked about, and of the whole process. */
export interface CameraReport {
  readonly url: string;
  /** When each picture was sent to the newest viewer, by `sharedClockMs`. */
  readonly sentAtMs: readonly number[];
  /** Connections that were ever played to. */
  readonly viewers: number;
  /** Processor time of all cameras together since they began. */
  readonly cpuMs: number;
}

/** One clock for all processes of the machine: Linux' monotonic one. */
export function sharedClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
