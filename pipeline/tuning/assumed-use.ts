// The use of a service that is assumed where nobody can know it: what is calculated (lane-plan.ts), tried out (trial.ts) and
// promised (server/machine-tuning.ts) rests on the same.
import { LONGEST_GAP_MS } from '../tracks/detection-plan.js';

/** Faces in the frames of a stream, over and over: 1.4 a frame, as in the pictures of the benchmarks. */
export const FACES_OF_FRAMES = [1, 2, 1, 2, 1] as const;
export const MEAN_FACES = FACES_OF_FRAMES.reduce((sum: number, faces) => sum + faces, 0) / FACES_OF_FRAMES.length;
/** A camera's frames a second. */
export const CAMERA_FPS = 25;
/** Of what goes through, what is promised: with the rest unused latency is still short. */
export const EASED = 0.8;

/**
 * Of so many frames of a camera whose faces are followed one is searched for faces, the others are glanced at.
 * @param detectEvery the setting (`ONLOOKER_DETECT_EVERY`), which time bounds
 */
export function lookEvery(detectEvery: number): number {
  return Math.min(detectEvery, Math.ceil((LONGEST_GAP_MS * CAMERA_FPS) / 1000));
}
