// Which found face continues which track: after ByteTrack (Zhang et al., ECCV 2022) faces with a good score first, then
// weak ones only where a track in view is expected. Pure; it knows boxes and motion, not who anybody is.
import type { RawDetection } from '../../models/family.js';
import type { ScoredBox } from '../geometry/box.js';
import { iou } from '../geometry/nms.js';
import { boxOfMotion, predict, sizeOf, type Motion, type MotionNoise } from './motion.js';

export interface AssociationOptions {
  /** Least score of a face that may begin a track or bring a lost one back; weaker ones only continue tracks in view. */
  readonly highScore: number;
  readonly noise: MotionNoise;
}

export interface Trackable {
  readonly motion: Motion;
  /** For how long frames have not shown it, ms; 0 for a track that the frame before showed. */
  readonly lostMs: number;
}

export interface Match {
  readonly track: number;
  readonly face: number;
  /** Whether it was a surprise, or another track or face would have done nearly as well: who is who is then not sure. */
  readonly doubtful: boolean;
}

/** How far a face may be from where it is expected, in standard deviations: 99.8 % of a normal distribution in the plane. */
const GATE_DEVIATIONS = 3.5;
const SURPRISING_DEVIATIONS = 2;
/** A walk at arm's length from the camera: beyond this it is another face, whatever the filter makes possible. */
const FASTEST_SIZES_PER_SECOND = 8;
const FARTHEST_SIZES = 4;
/** Boxes wander by this much between frames whatever the time between them. */
const NEAR_SIZES = 0.5;
/** Largest ratio of sizes between two frames of one face. */
const LARGEST_GROWTH = 1.8;
/** Detectors miss a face now and then: for so long a track is as good as in view. */
const FLICKER_MS = 200;
/** But of two that would do, the one that was there a moment ago. */
const MISSED_COST = 0.1;
/** What is expected of a track that is lost is a guess, and in a crowd somebody else is near: it must be close to it. */
const LOST_DEVIATIONS = 2.5;
const LOST_NEAR_SIZES = 0.4;
const LOST_SIZES_PER_SECOND = 1.2;
const LOST_GROWTH = 1.35;
/** Boxes that overlap so much go together even where the motion was a surprise; ByteTrack's second stage asks for it. */
const SURE_OVERLAP = 0.4;
/** Boxes whose middles are farther apart than this, in sizes, do not overlap so much. */
const OVERLAPPING_SIZES = 1.5;
/** Costs nearer to each other than this are no safe choice. */
const DOUBTFUL_LEAD = 0.5;

interface Pair {
  readonly track: number;
  readonly face: number;
  /** 0 (the very box expected) to about 2.5. */
  readonly cost: number;
  /** Whether it is not where it was expected. */
  readonly isSurprise: boolean;
}

/**
 * One match at most for each track and each face: good faces to tracks in view, then to lost ones (the cascade of DeepSORT,
 * Wojke et al., ICIP 2017), then weak faces to tracks in view. Greedy within each, cheapest pair first, where ByteTrack
 * has the Hungarian method: the gates leave few choices, and those that are left are doubted and looked at again.
 */
export function associate(
  tracks: readonly Trackable[],
  faces: readonly ScoredBox[],
  atMs: number,
  { highScore, noise }: AssociationOptions,
): Match[] {
  const inView: Pair[] = [];
  const lost: Pair[] = [];
  const weak: Pair[] = [];
  tracks.forEach((trackable, track) => {
    const expected = expect(trackable, atMs, noise);
    const { lostMs } = trackable;
    faces.forEach((face, index) => {
      const isStrong = face.score >= highScore;
      if (!isStrong && lostMs > 0) return;
      const costs = costOf(expected, face, noise, isStrong);
      if (costs !== null) (!isStrong ? weak : lostMs > FLICKER_MS ? lost : inView).push({ track, face: index, ...costs });
    });
  });
  const takenTracks = new Set<number>();
  const takenFaces = new Set<number>();
  const matches: Match[] = [];
  for (const pairs of [inView, lost, weak]) {
    pairs.sort((a, b) => a.cost - b.cost);
    for (const pair of pairs) {
      if (takenTracks.has(pair.track) || takenFaces.has(pair.face)) continue;
      takenTracks.add(pair.track);
      takenFaces.add(pair.face);
      matches.push({ track: pair.track, face: pair.face, doubtful: pair.isSurprise || hasRival(pair, pairs) });
    }
  }
  return matches;
}

function hasRival(chosen: Pair, pairs: readonly Pair[]): boolean {
  return pairs.some(
    (other) =>
      other !== chosen &&
      (other.track === chosen.track || other.face === chosen.face) &&
      other.cost - chosen.cost < DOUBTFUL_LEAD,
  );
}

/** A track's box as it is expected in the frame at hand. */
interface Expected {
  readonly motion: Motion;
  readonly box: RawDetection;
  readonly size: number;
  readonly lostMs: number;
  /** How far from the middle of it the face may be, in sizes. */
  readonly reach: number;
}

function expect({ motion, lostMs }: Trackable, atMs: number, noise: MotionNoise): Expected {
  const expected = predict(motion, atMs, noise);
  const reach =
    lostMs > FLICKER_MS
      ? LOST_NEAR_SIZES + (LOST_SIZES_PER_SECOND * lostMs) / 1000
      : Math.min(FARTHEST_SIZES, NEAR_SIZES + (FASTEST_SIZES_PER_SECOND * (atMs - motion.atMs)) / 1000);
  return { motion: expected, box: { ...boxOfMotion(expected), score: 1 }, size: sizeOf(expected), lostMs, reach };
}

/** How unlike the expectation a face is, null where it cannot be the same. */
function costOf(
  { motion, box, size, lostMs, reach }: Expected,
  face: ScoredBox,
  noise: MotionNoise,
  isStrong: boolean,
): Pick<Pair, 'cost' | 'isSurprise'> | null {
  const distance = Math.hypot((face.x1 + face.x2) / 2 - motion.x, (face.y1 + face.y2) / 2 - motion.y) / size;
  if (distance > reach && distance > OVERLAPPING_SIZES) return null;
  const isLost = lostMs > FLICKER_MS;
  const growth = Math.abs(Math.log(sizeOf({ width: face.x2 - face.x1, height: face.y2 - face.y1 }) / size));
  if (growth > Math.log(isLost ? LOST_GROWTH : LARGEST_GROWTH)) return null;
  const overlap = iou(box, face);
  if (!isStrong && overlap < SURE_OVERLAP) return null;
  const deviations = distance / Math.sqrt(motion.pp + noise.detection ** 2);
  const gate = isLost ? LOST_DEVIATIONS : GATE_DEVIATIONS;
  if (overlap < SURE_OVERLAP && (deviations > gate || distance > reach)) return null;
  const cost = Math.min(1, deviations / gate) + (1 - overlap) + growth + (lostMs > 0 ? MISSED_COST : 0);
  return { cost, isSurprise: deviations > SURPRISING_DEVIATIONS };
}
