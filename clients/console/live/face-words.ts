// What is said of a face: its name, or why it has none. Pure.
import { poseOf } from '../people/guidance.js';
import type { LiveFace } from './live-face.js';

/** Why a face cannot be judged well. */
export type Weakness = 'small' | 'turned' | 'blurred' | 'unclear';

export type FaceSaying =
  | { readonly is: 'named'; readonly name: string; readonly similarity: number }
  | { readonly is: 'ambiguous'; readonly one: string; readonly other: string }
  /** `nearest` is the most similar person, where there is any. */
  | { readonly is: 'unknown'; readonly nearest: string | undefined; readonly similarity: number | undefined }
  | { readonly is: 'nobody_enrolled' }
  | { readonly is: 'looking' }
  /** Its stream looks for faces alone. */
  | { readonly is: 'found' }
  | { readonly is: Weakness };

/** Below this a part of the quality is what holds it back: 0 is useless, 1 ideal. */
const WEAK = 0.3;
/** Below this quality a face without a name is said to be hard to see rather than unknown. */
export const POOR_QUALITY = 0.35;

export function sayingOf(face: LiveFace): FaceSaying {
  const { person, candidates = [], reason, quality } = face;
  if (person) return { is: 'named', name: person.name, similarity: person.similarity };
  if (quality === undefined) return { is: 'found' };
  const [nearest, second] = candidates;
  if (reason === 'ambiguous' && nearest && second) return { is: 'ambiguous', one: nearest.name, other: second.name };
  if (reason === 'low_quality' || quality < POOR_QUALITY) return { is: weaknessOf(face) ?? 'unclear' };
  if (reason === 'empty_gallery') return { is: 'nobody_enrolled' };
  if (reason === 'too_few_frames') return { is: 'looking' };
  return { is: 'unknown', nearest: nearest?.name, similarity: nearest?.similarity };
}

/**
 * What holds the quality of a face back most, from what the answer has of it. The quality is the fourth root of what size,
 * sharpness, pose and score are worth (docs/gallery.md), and all but the sharpness are known here.
 */
export function weaknessOf({ box, landmarks, score, quality = 1 }: LiveFace): Weakness | undefined {
  const { yawDegrees, pitchDegrees } = poseOf(landmarks);
  const size = ramp(Math.max(box[2], box[3]), 10, 100);
  // To come closer helps against all the rest as well.
  if (size < WEAK) return 'small';
  const pose = ramp(Math.max(Math.abs(yawDegrees), Math.abs(pitchDegrees)), 75, 10);
  const clear = ramp(score, 0.4, 0.95);
  const sharp = Math.min(1, quality ** 4 / Math.max(size * pose * clear, 1e-6));
  const parts: readonly (readonly [Weakness, number])[] = [
    ['turned', pose],
    ['unclear', clear],
    ['blurred', sharp],
  ];
  const [weakest, worth] = parts.reduce((one, other) => (other[1] < one[1] ? other : one));
  return worth < WEAK ? weakest : undefined;
}

const ramp = (value: number, none: number, full: number): number => Math.min(1, Math.max(0, (value - none) / (full - none)));

/** The last signs of a track's id: enough to tell apart what is in view. */
export const shortTrack = (track: string): string => track.slice(-4);
