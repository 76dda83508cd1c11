// What to say to somebody in front of the camera so that the picture becomes a good one. Pure: from one answer of the
// service and the light in the picture to one piece of advice.
import type { FivePoints, NamedFace } from '../../../protocol/payloads.js';

/** The views that are taken, in this order: from the front first, since that alone is enough to be recognised. */
export const POSES = ['front', 'left', 'right'] as const;
export type Pose = (typeof POSES)[number];

export type Advice =
  | 'no_face'
  | 'several'
  | 'closer'
  | 'back'
  | 'centre'
  | 'light'
  | 'glare'
  | 'level'
  | 'straight'
  | 'turn_left'
  | 'turn_right'
  | 'turn_less'
  | 'still'
  | 'good';

/** Mean brightness, 0..255. */
export interface Light {
  readonly face: number;
  readonly picture: number;
}

export interface Look {
  readonly faces: readonly NamedFace[];
  readonly widthPx: number;
  readonly heightPx: number;
  /** Undefined where it was not measured. */
  readonly light: Light | undefined;
}

/** Shares of the frame's shorter side that the face's box takes. */
const NEAR = 0.95;
const FAR = 0.24;
/** Fewer pixels than this are not enough, however large the share. */
const LEAST_FACE_PX = 80;
/** How far the face may be from the middle, as a share of the frame. */
const OFF_CENTRE = 0.26;
/** Of the face and of the whole picture: a face alone may be dark or pale because it is. */
const DARK = 60;
const BRIGHT = 225;
/** The service has judged the face itself: at this quality there is nothing to say about the light. */
const GOOD_QUALITY = 0.6;
/** Degrees. Turned poses are inside of what the service enrols (40) with room for the error of the estimate. */
const FRONT_YAW = 13;
const TURNED_YAW = [14, 33] as const;
const MOST_PITCH = 24;
const LEAST_QUALITY = 0.3;

export function adviceOn(look: Look, pose: Pose): Advice {
  const [face, ...others] = look.faces;
  if (!face) return 'no_face';
  if (others.length > 0) return 'several';
  const [x, y, width, height] = face.box;
  const longer = Math.max(width, height);
  const share = longer / Math.min(look.widthPx, look.heightPx);
  if (share < FAR || longer < LEAST_FACE_PX) return 'closer';
  if (share > NEAR) return 'back';
  const offX = (x + width / 2) / look.widthPx - 0.5;
  const offY = (y + height / 2) / look.heightPx - 0.5;
  if (Math.max(Math.abs(offX), Math.abs(offY)) > OFF_CENTRE) return 'centre';
  const light = face.quality < GOOD_QUALITY ? lightAdvice(look.light) : undefined;
  if (light) return light;
  const { yawDegrees, pitchDegrees } = poseOf(face.landmarks);
  if (Math.abs(pitchDegrees) > MOST_PITCH) return 'level';
  const turn = turnAdvice(yawDegrees, pose);
  if (turn) return turn;
  return face.quality < LEAST_QUALITY ? 'still' : 'good';
}

function lightAdvice(light: Light | undefined): Advice | undefined {
  if (light === undefined) return undefined;
  if (light.face < DARK && light.picture < DARK) return 'light';
  return light.face > BRIGHT && light.picture > BRIGHT ? 'glare' : undefined;
}

/** Advice that not everybody can follow: after a while of it the picture may be taken all the same. The service judges it. */
const MAY_BE_OVERRULED: ReadonlySet<Advice> = new Set(['light', 'glare', 'level', 'still']);
const PATIENCE_MS = 4_000;

/** Since when such advice stands in the way of a picture. */
export interface HeldUp {
  readonly sinceMs: number;
  /** Long enough to offer the picture all the same. */
  readonly isLong: boolean;
}

/** @param before undefined where nothing stood in the way @param nowMs on a clock that only goes forward */
export function heldUp(before: HeldUp | undefined, advice: Advice, nowMs: number): HeldUp | undefined {
  if (!MAY_BE_OVERRULED.has(advice)) return undefined;
  const sinceMs = before?.sinceMs ?? nowMs;
  return { sinceMs, isLong: nowMs - sinceMs >= PATIENCE_MS };
}

/** @param yaw positive: turned to the person's own left */
function turnAdvice(yaw: number, pose: Pose): Advice | undefined {
  if (pose === 'front') return Math.abs(yaw) > FRONT_YAW ? 'straight' : undefined;
  const turned = pose === 'left' ? yaw : -yaw;
  if (turned < TURNED_YAW[0]) return pose === 'left' ? 'turn_left' : 'turn_right';
  return turned > TURNED_YAW[1] ? 'turn_less' : undefined;
}

/** How far the nose's tip stands out before the line between the eyes, in distances of the eyes: a mean adult head. */
const NOSE_DEPTH = 0.55;

/** Yaw and pitch from the five points, good to about ten degrees; yaw is positive where somebody turns to their left. */
export function poseOf(points: FivePoints): { readonly yawDegrees: number; readonly pitchDegrees: number } {
  const [left, right, nose, mouthLeft, mouthRight] = points;
  const eyes = [right[0] - left[0], right[1] - left[1]] as const;
  const distance = Math.hypot(...eyes);
  if (distance < 1e-6) return { yawDegrees: 90, pitchDegrees: 90 };
  const middle = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2] as const;
  const mouth = [(mouthLeft[0] + mouthRight[0]) / 2, (mouthLeft[1] + mouthRight[1]) / 2] as const;
  const along = ([x, y]: readonly [number, number]) => ((x - middle[0]) * eyes[0] + (y - middle[1]) * eyes[1]) / distance;
  const down = ([x, y]: readonly [number, number]) => ((y - middle[1]) * eyes[0] - (x - middle[0]) * eyes[1]) / distance;
  const yaw = Math.atan((along(nose) - along(mouth) / 2) / distance / NOSE_DEPTH);
  const pitch = Math.atan((down(nose) - down(mouth) / 2) / distance / NOSE_DEPTH);
  return { yawDegrees: (yaw * 180) / Math.PI, pitchDegrees: (pitch * 180) / Math.PI };
}
