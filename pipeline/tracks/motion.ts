// Where a face will be: a Kalman filter of constant velocity over the centre of its box, in pixels and seconds. Any time
// may lie between two frames, so it serves 2 and 30 frames a second alike. Pure functions on plain data.
import type { ScoredBox } from '../geometry/box.js';

export interface Motion {
  /** Time of the last box, ms. */
  readonly atMs: number;
  /** Centre, pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Pixels a second. */
  readonly vx: number;
  readonly vy: number;
  /** Variances of place and velocity and their covariance, in units of the face's size: the same for both axes. */
  readonly pp: number;
  readonly pv: number;
  readonly vv: number;
}

/** All in units of the face's size (root of the box's area), so that near and far faces are treated alike. */
export interface MotionNoise {
  /** Standard deviation of a detected box's centre, sizes. */
  readonly detection: number;
  /** How fast a face of unknown motion may be, standard deviation, sizes a second. */
  readonly startSpeed: number;
  /** By how much the velocity may wander within a second, standard deviation, sizes a second. */
  readonly wander: number;
}

/** Nobody walks on blindly: after so long without a box the face is expected to stay where it was going. */
const COAST_MS = 600;
/** How much of the old width and height a new box leaves: faces grow slowly, detectors' boxes wander. */
const SIZE_KEPT = 0.5;
/** The same, and by how much more boxes wander, while two faces are over each other. */
const TOUCHING_SIZE_KEPT = 0.9;
const TOUCHING_NOISE = 2.5;

export const sizeOf = ({ width, height }: { readonly width: number; readonly height: number }): number =>
  Math.sqrt(Math.max(1, width * height));

export function startMotion(face: ScoredBox, atMs: number, noise: MotionNoise): Motion {
  return {
    atMs,
    x: (face.x1 + face.x2) / 2,
    y: (face.y1 + face.y2) / 2,
    width: face.x2 - face.x1,
    height: face.y2 - face.y1,
    vx: 0,
    vy: 0,
    pp: noise.detection ** 2,
    pv: 0,
    vv: noise.startSpeed ** 2,
  };
}

/** The motion as expected at a later time; `atMs` becomes that time. */
export function predict(motion: Motion, atMs: number, noise: MotionNoise): Motion {
  const seconds = Math.max(0, atMs - motion.atMs) / 1000;
  const moving = Math.min(seconds, COAST_MS / 1000);
  const { pp, pv, vv } = motion;
  // White noise acceleration (Bar-Shalom, Estimation with Applications to Tracking and Navigation, 6.2.2).
  const wander = noise.wander ** 2;
  return {
    ...motion,
    atMs,
    x: motion.x + motion.vx * moving,
    y: motion.y + motion.vy * moving,
    pp: pp + 2 * seconds * pv + seconds ** 2 * vv + (wander * seconds ** 3) / 3,
    pv: pv + seconds * vv + (wander * seconds ** 2) / 2,
    vv: vv + wander * seconds,
  };
}

/**
 * A predicted motion with the box that was found at its time.
 * @param isTouching whether the box may be of two faces over each other, and so says less
 */
export function correct(predicted: Motion, face: ScoredBox, noise: MotionNoise, isTouching = false): Motion {
  const { pp, pv, vv } = predicted;
  const innovation = pp + (noise.detection * (isTouching ? TOUCHING_NOISE : 1)) ** 2;
  const sizeKept = isTouching ? TOUCHING_SIZE_KEPT : SIZE_KEPT;
  const place = pp / innovation;
  const speed = pv / innovation;
  const dx = (face.x1 + face.x2) / 2 - predicted.x;
  const dy = (face.y1 + face.y2) / 2 - predicted.y;
  return {
    atMs: predicted.atMs,
    x: predicted.x + place * dx,
    y: predicted.y + place * dy,
    width: sizeKept * predicted.width + (1 - sizeKept) * (face.x2 - face.x1),
    height: sizeKept * predicted.height + (1 - sizeKept) * (face.y2 - face.y1),
    vx: predicted.vx + speed * dx,
    vy: predicted.vy + speed * dy,
    pp: (1 - place) * pp,
    pv: (1 - place) * pv,
    vv: vv - speed * pv,
  };
}

/** The motion's box as the detector would tell it. */
export function boxOfMotion({ x, y, width, height }: Motion): {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
} {
  return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
}
