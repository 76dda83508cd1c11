// How good a face is as evidence: measured on every embedded face, and a gate for enrolment, since blurred or
// turned faces poison a gallery for good.
import type { ImageInput } from '../../../models/family.js';
import { OnlookerError } from '../../../protocol/errors.js';

export interface FaceMeasures {
  /** Longer side of the box in pixels of the frame. */
  readonly sizePx: number;
  /** Variance of the Laplacian over the inner part of the aligned crop, in grey levels squared (Pech-Pacheco 2000). */
  readonly sharpness: number;
  /** Degrees; 0 looks into the camera. Estimated from the five points, good to about ten degrees. */
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
  /** The detector's score, 0..1. */
  readonly score: number;
}

/** Least (or, for the pose, largest) measures of a face that may be enrolled. */
export interface QualityGate {
  readonly minFacePx: number;
  readonly minSharpness: number;
  readonly maxYawDegrees: number;
  readonly maxPitchDegrees: number;
  readonly minScore: number;
}

export const DEFAULT_QUALITY_GATE: QualityGate = {
  minFacePx: 48,
  // Stills have 80 to 5,000 and soft webcams 60 to 110. A blur of 1 % of the face leaves about 60 and a cosine of .95 with
  // the sharp face, one of 2 % leaves 10 to 40 and .6 to .8: that is where it stops being the same evidence.
  minSharpness: 40,
  maxYawDegrees: 40,
  maxPitchDegrees: 35,
  minScore: 0.8,
};

/** How far the nose's tip stands out before the line between the eyes, in distances of the eyes: a mean adult head. */
const NOSE_DEPTH = 0.55;
/** Where the nose's tip lies between eyes (0) and mouth (1) of a face that looks straight ahead. */
const LEVEL_NOSE = 0.5;

/** Yaw and pitch in degrees from left eye, right eye, nose, left and right mouth corner (x, y, …). */
export function poseFromPoints(points: ArrayLike<number>): { readonly yawDegrees: number; readonly pitchDegrees: number } {
  const at = (index: number): number => points[index] as number;
  const eyesX = at(2) - at(0);
  const eyesY = at(3) - at(1);
  const distance = Math.hypot(eyesX, eyesY);
  if (distance < 1e-6) return { yawDegrees: 90, pitchDegrees: 90 };
  const middleX = (at(0) + at(2)) / 2;
  const middleY = (at(1) + at(3)) / 2;
  const along = (x: number, y: number): number => ((x - middleX) * eyesX + (y - middleY) * eyesY) / distance;
  const down = (x: number, y: number): number => ((y - middleY) * eyesX - (x - middleX) * eyesY) / distance;
  const mouthX = (at(6) + at(8)) / 2;
  const mouthY = (at(7) + at(9)) / 2;
  const mouthDown = down(mouthX, mouthY);
  // The nose against the middle of eyes and mouth, so that a tilted head does not read as a turned one.
  const offset = along(at(4), at(5)) - along(mouthX, mouthY) * LEVEL_NOSE;
  const yaw = Math.atan(offset / distance / NOSE_DEPTH);
  const level = mouthDown > 1e-6 ? down(at(4), at(5)) / mouthDown : 0;
  const pitch = Math.atan(((level - LEVEL_NOSE) * mouthDown) / distance / NOSE_DEPTH);
  return { yawDegrees: (yaw * 180) / Math.PI, pitchDegrees: (pitch * 180) / Math.PI };
}

/**
 * Sharpness of an aligned crop that lies in a tensor, from its middle plane (green) without the margin, where
 * hair and background would count.
 * @param offset where the tensor of this face begins
 */
export function sharpnessOf(tensor: Float32Array, offset: number, input: ImageInput): number {
  const { width, height } = input;
  const green = offset + width * height;
  const margin = Math.round(width / 7);
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin, at = green + y * width + margin; x < width - margin; x++, at++) {
      const laplacian =
        (tensor[at - 1] as number) +
        (tensor[at + 1] as number) +
        (tensor[at - width] as number) +
        (tensor[at + width] as number) -
        4 * (tensor[at] as number);
      sum += laplacian;
      squares += laplacian * laplacian;
      count++;
    }
  }
  const mean = sum / count;
  return (squares / count - mean * mean) / (input.scale * input.scale);
}

const ramp = (value: number, none: number, full: number): number => Math.min(1, Math.max(0, (value - none) / (full - none)));

/** One number, 0 (useless) .. 1 (ideal): the geometric mean of what size, sharpness, pose and score are worth. */
export function qualityOf(face: FaceMeasures): number {
  const size = ramp(face.sizePx, 10, 100);
  const sharp = ramp(Math.log(Math.max(face.sharpness, 1)), Math.log(10), Math.log(400));
  const pose = ramp(Math.max(Math.abs(face.yawDegrees), Math.abs(face.pitchDegrees)), 75, 10);
  const score = ramp(face.score, 0.4, 0.95);
  return Math.round((size * sharp * pose * score) ** 0.25 * 1000) / 1000;
}

/** @throws OnlookerError LOW_QUALITY whose details name the first measure that failed, its value and its limit */
export function assertEnrollable(face: FaceMeasures, gate: QualityGate): void {
  const refuse = (measure: string, value: number, limit: number, advice: string): never => {
    const rounded = Math.round(value * 1000) / 1000;
    throw new OnlookerError(
      'LOW_QUALITY',
      `The face is not good enough to enrol: ${advice} (${measure} ${rounded}, limit ${limit}).`,
      {
        measure,
        value: rounded,
        limit,
      },
    );
  };
  if (face.sizePx < gate.minFacePx) refuse('size_px', face.sizePx, gate.minFacePx, 'it is too small, come closer');
  if (face.score < gate.minScore) refuse('score', face.score, gate.minScore, 'it is hardly recognisable as a face');
  const yaw = Math.abs(face.yawDegrees);
  if (yaw > gate.maxYawDegrees) refuse('yaw_degrees', yaw, gate.maxYawDegrees, 'it is turned to the side');
  const pitch = Math.abs(face.pitchDegrees);
  if (pitch > gate.maxPitchDegrees) refuse('pitch_degrees', pitch, gate.maxPitchDegrees, 'it looks up or down');
  if (face.sharpness < gate.minSharpness) refuse('sharpness', face.sharpness, gate.minSharpness, 'it is blurred');
}

/** Less than this, in pixels, or turned farther, is nobody's face in particular. */
const LEAST_PX = 32;
const FARTHEST_TURN_DEGREES = 60;

/** Whether an embedding says anything of who it is, however soft the picture. */
export function isRecognisable({ sizePx, yawDegrees, pitchDegrees }: FaceMeasures): boolean {
  return sizePx >= LEAST_PX && Math.max(Math.abs(yawDegrees), Math.abs(pitchDegrees)) <= FARTHEST_TURN_DEGREES;
}
