// Which found face continues which track: ByteTrack's two stages (Zhang et al., ECCV 2022), faces with a good score
// first, then weak ones only where a track in view is expected. Pure; it knows boxes and motion, not who anybody is.
import type { FoundFace } from '../lane-protocol.js';
import { iou } from '../nms.js';
import { boxOfMotion, predict, sizeOf, type Motion, type MotionNoise } from './motion.js';

export interface AssociationOptions {
  /** Least score of a face that may begin a track or bring a lost one back; weaker ones only continue tracks in view. */
  readonly highScore: number;
  readonly noise: MotionNoise;
}

export interface Trackable {
  readonly motion: Motion;
  /** Whether the frame before showed it: only such tracks are continued by weak faces. */
  readonly inView: boolean;
}

export interface Match {
  readonly track: number;
  readonly face: number;
  /** Whether another track or another face would have done nearly as well: who is who is then not sure. */
  readonly doubtful: boolean;
}

/** How far a face may be from where it is expected, in standard deviations: 99.8 % of a normal distribution in the plane. */
const GATE_DEVIATIONS = 3.5;
/** A walk at arm's length from the camera: beyond this it is another face, whatever the filter makes possible. */
const FASTEST_SIZES_PER_SECOND = 8;
const FARTHEST_SIZES = 4;
/** Boxes wander by this much between frames whatever the time between them. */
const NEAR_SIZES = 0.5;
/** Largest ratio of sizes between two frames of one face. */
const LARGEST_GROWTH = 1.8;
/** Boxes that overlap so much go together even where the motion was a surprise; ByteTrack's second stage asks for it. */
const SURE_OVERLAP = 0.4;
/** Costs nearer to each other than this are no safe choice. */
const DOUBTFUL_LEAD = 0.5;

interface Pair {
  readonly track: number;
  readonly face: number;
  /** 0 (the very box expected) to about 2.5. */
  readonly cost: number;
}

/**
 * One match at most for each track and each face. Greedy, cheapest pair first: on simulated crowds it errs no more often
 * than the Hungarian method (docs/tracking.md), since the gate leaves few choices and in those both guess.
 */
export function associate(
  tracks: readonly Trackable[],
  faces: readonly FoundFace[],
  atMs: number,
  { highScore, noise }: AssociationOptions,
): Match[] {
  const strong: Pair[] = [];
  const weak: Pair[] = [];
  tracks.forEach(({ motion, inView }, track) => {
    const expected = predict(motion, atMs, noise);
    faces.forEach((face, index) => {
      if (face.score < highScore && !inView) return;
      const cost = costOf(expected, atMs - motion.atMs, face, noise, face.score >= highScore);
      if (cost !== null) (face.score >= highScore ? strong : weak).push({ track, face: index, cost });
    });
  });
  const takenTracks = new Set<number>();
  const takenFaces = new Set<number>();
  const matches: Match[] = [];
  for (const pairs of [strong, weak]) {
    pairs.sort((a, b) => a.cost - b.cost);
    for (const pair of pairs) {
      if (takenTracks.has(pair.track) || takenFaces.has(pair.face)) continue;
      takenTracks.add(pair.track);
      takenFaces.add(pair.face);
      matches.push({ track: pair.track, face: pair.face, doubtful: hasRival(pair, pairs) });
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

/** How unlike the expectation a face is, null where it cannot be the same. */
function costOf(expected: Motion, passedMs: number, face: FoundFace, noise: MotionNoise, strong: boolean): number | null {
  const size = sizeOf(expected);
  const faceSize = sizeOf({ width: face.x2 - face.x1, height: face.y2 - face.y1 });
  const growth = Math.abs(Math.log(faceSize / size));
  if (growth > Math.log(LARGEST_GROWTH)) return null;
  const overlap = iou({ ...boxOfMotion(expected), score: 1 }, face);
  if (!strong && overlap < SURE_OVERLAP) return null;
  const distance = Math.hypot((face.x1 + face.x2) / 2 - expected.x, (face.y1 + face.y2) / 2 - expected.y) / size;
  const deviations = distance / Math.sqrt(expected.pp + noise.detection ** 2);
  const reach = Math.min(FARTHEST_SIZES, NEAR_SIZES + (FASTEST_SIZES_PER_SECOND * passedMs) / 1000);
  if (overlap < SURE_OVERLAP && (deviations > GATE_DEVIATIONS || distance > reach)) return null;
  return Math.min(1, deviations / GATE_DEVIATIONS) + (1 - overlap) + growth;
}
