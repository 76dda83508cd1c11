// One face followed from frame to frame: the state that tracking changes as it goes. Its body (where it is) and its
// identity (what it looks like, who it is, what was told of it) are apart, since mending moves one without the other.
import type { ToldState } from '../../../../protocol/events.js';
import type { FaceAttributes } from '../../../../protocol/payloads.js';
import { cosine } from '../../../geometry/cosine.js';
import { hasFailed, type FacePicture } from '../face-pictures.js';
import type { PictureLook } from '../../../images/brightness-grid.js';
import type { FoundFace } from '../face-items.js';
import { isRecognisable } from '../face-quality.js';
import { startMotion, type Motion, type MotionNoise } from '../../../tracks/motion.js';
import type { TrackingThresholds } from './tracking-options.js';
import { NO_EVIDENCE, type Evidence, type Verdict } from './votes.js';

/** Where a face is and was last seen. */
export interface Body {
  /** The track whose body it is now. */
  owner: FaceTrack;
  /** What was seen of it before this time, ms, may have been somebody else than its owner. */
  ownedFromMs: number;
  /** Null when nobody knows where it is: what it was taken for turned out to be somebody else. */
  motion: Motion | null;
  face: FoundFace;
  /** Where its five points were found last (x, y each), and the box that they were found in; null before. */
  located: { readonly face: FoundFace; readonly points: readonly number[] } | null;
  /** Time of the last frame that shows it, ms. */
  seenMs: number;
  /** Frames in turn that did not show it. */
  misses: number;
  /** What it looked like in that frame; null where the caller does not say. */
  look: PictureLook | null;
  /** When it last touched another body, ms; -Infinity for never. */
  touchedMs: number;
  /** When another was last near it. */
  nearMs: number;
  /** Embeddings that were asked for and are not here yet. */
  awaited: number;
}

/** Since when, by the evidence of which time, a track is taken for a person; and how similar its face was then. */
export interface Claim {
  readonly personId: string;
  readonly sinceMs: number;
  readonly similarity: number;
}

export interface FaceTrack {
  readonly id: string;
  body: Body;
  readonly firstMs: number;
  frames: number;
  confirmed: boolean;
  /** What it is decided by: oldest first, a bounded number. */
  votes: Evidence[];
  /** What it looks like: its best faces, the best first, unlike each other, also soft ones that decide nothing. */
  looks: Evidence[];
  /** Picture of its best face so far, and how good that is. */
  thumbnail: { readonly picture: FacePicture; readonly quality: number } | null;
  /** What its best face is taken for beside who it is. */
  attributes: {
    /** Null before anything is known. */
    told: FaceAttributes | null;
    /** Of the face that it is of. */
    quality: number;
    /** How many faces were asked for it, and the best quality of them as estimated without embedding. */
    asked: number;
    best: number;
  };
  /** A face that does not look like this track's: one more like it, and its body is somebody else's. */
  suspect: Evidence | null;
  verdict: Verdict;
  /** The last person that it was named as; null before. */
  claim: Claim | null;
  readonly plan: {
    asked: number;
    askedMs: number;
    /** Best quality asked for, as estimated without embedding. */
    best: number;
    /** Up to this version the gallery has nothing new for it. */
    galleryVersion: number;
    /** Up to when what was asked for because the gallery had changed is paid for: a pause for each, ms. */
    galleryDueMs: number;
    /** Embeddings still to be asked for because of a doubt, and when that was raised, ms. */
    doubts: number;
    doubtedMs: number;
  };
  /** The last state told in an event; null while it was told of in none. */
  told: ToldState | null;
  identified: boolean;
  /** Whose second visit this is, so that it is not told as new; the person is null for a stranger. */
  repeatOf: { readonly personId: string | null } | null;
}

/** Enough for a decision and its doubts; a track of a day must not grow. */
const MAX_VOTES = 12;
const MAX_BEST = 5;
const MAX_NEWEST = 4;
/** Two faces this similar are the same picture a moment later: no second view of somebody. */
const SAME_VIEW = 0.93;

/** A track of a face that was just found. @param firstMs when it was first seen, which may be before now */
export function startTrack(id: string, face: FoundFace, atMs: number, noise: MotionNoise, firstMs = atMs): FaceTrack {
  const place = {
    ownedFromMs: firstMs,
    face,
    located: null,
    look: null,
    seenMs: atMs,
    misses: 0,
    touchedMs: -Infinity,
    nearMs: -Infinity,
    awaited: 0,
  };
  const track: Omit<FaceTrack, 'body'> = {
    id,
    firstMs,
    frames: 1,
    confirmed: false,
    votes: [],
    looks: [],
    thumbnail: null,
    attributes: { told: null, quality: -1, asked: 0, best: -Infinity },
    suspect: null,
    verdict: NO_EVIDENCE,
    claim: null,
    plan: {
      asked: 0,
      askedMs: -Infinity,
      best: 0,
      galleryVersion: 0,
      galleryDueMs: -Infinity,
      doubts: 0,
      doubtedMs: -Infinity,
    },
    told: null,
    identified: false,
    repeatOf: null,
  };
  // A body and its owner know each other.
  const owner = track as FaceTrack;
  owner.body = { ...place, owner, motion: startMotion(face, atMs, noise) };
  return owner;
}

/** Whether the newest frame shows it. */
export const isInView = ({ body }: FaceTrack): boolean => body.misses === 0;

/** Gives a body to the track that it is really of. @param fromMs evidence of earlier frames is of no use to the track */
export function giveBody(body: Body, owner: FaceTrack, fromMs: number): void {
  body.owner = owner;
  body.ownedFromMs = fromMs;
  owner.body = body;
}

/** A track whose body was somebody else's since then: it is lost, and where is not known. */
export function loseBody(track: FaceTrack, sinceMs: number): void {
  const { face } = track.body;
  track.body = {
    owner: track,
    ownedFromMs: sinceMs,
    motion: null,
    face,
    located: null,
    look: null,
    seenMs: Math.min(sinceMs, track.body.seenMs),
    misses: 1,
    touchedMs: -Infinity,
    nearMs: -Infinity,
    awaited: 0,
  };
}

/** Takes evidence in. What is too poor to count as a vote is one only while there is nothing better. */
export function addVote(track: FaceTrack, evidence: Evidence, voteQuality: number): void {
  const vote = withoutAttributes(evidence);
  const good = track.votes.filter(({ quality }) => quality >= voteQuality);
  if (vote.quality < voteQuality) {
    if (good.length === 0) track.votes = [vote];
    return;
  }
  track.votes = [...good, vote].sort((a, b) => a.atMs - b.atMs);
  if (track.votes.length <= MAX_VOTES) return;
  // The newest stay, and the best of all whatever its age.
  const best = track.votes.reduce((so, one) => (one.quality > so.quality ? one : so));
  track.votes.splice(track.votes[0] === best ? 1 : 0, 1);
}

/** Remembers what a track looks like; not for a face that may be two over each other. */
export function addLook(track: FaceTrack, evidence: Evidence): void {
  const face = withoutAttributes(evidence);
  if (!isRecognisable(face.measures)) return;
  const alike = track.looks.filter((kept) => cosine(kept.embedding, face.embedding) > SAME_VIEW);
  if (alike.some(({ quality }) => quality >= face.quality && quality > 0)) return;
  const ranked = [...track.looks.filter((kept) => !alike.includes(kept)), face].sort((one, other) => other.quality - one.quality);
  // The best, and the newest of the others: light and distance change as somebody walks.
  const newest = ranked.slice(MAX_BEST).sort((one, other) => other.atMs - one.atMs);
  track.looks = [...ranked.slice(0, MAX_BEST), ...newest.slice(0, MAX_NEWEST)];
}

/** How good the face is that a track is shown by; -1 where it has no picture. */
const shownQuality = ({ thumbnail }: FaceTrack): number =>
  thumbnail === null || hasFailed(thumbnail.picture) ? -1 : thumbnail.quality;

/** Shows a track by this picture from now on, if there is no better one. */
export function showBy(track: FaceTrack, shown: NonNullable<FaceTrack['thumbnail']>): void {
  if (shown.quality > shownQuality(track)) track.thumbnail = shown;
}

/** Networks that tell age and expression cost more than the rest of a face: a track has them looked at so often at most. */
const MOST_ATTRIBUTE_LOOKS = 3;

/**
 * Whether a face that is embedded anyway is also to be asked what it is taken for: the first good one, and again where one is clearly
 * better than those that were asked, or where those were soft. To be followed by `noteAttributesAsked` when it is.
 * @param estimate the quality that it could have at best
 */
export function wantsAttributes(
  { attributes: { told, quality, asked, best } }: FaceTrack,
  estimate: number,
  { voteQuality, clearQuality, improvement }: Pick<TrackingThresholds, 'voteQuality' | 'clearQuality' | 'improvement'>,
): boolean {
  if (asked === 0) return estimate >= voteQuality;
  if (asked >= MOST_ATTRIBUTE_LOOKS) return false;
  const wasSoft = told !== null && quality < clearQuality;
  return wasSoft || estimate >= best + improvement;
}

export function noteAttributesAsked({ attributes }: FaceTrack, estimate: number): void {
  attributes.asked++;
  attributes.best = Math.max(attributes.best, estimate);
}

/** What was asked will not be told. */
export function abandonAttributes({ attributes }: FaceTrack): void {
  attributes.asked = Math.max(0, attributes.asked - 1);
  if (attributes.asked === 0) attributes.best = -Infinity;
}

/** What a face is taken for; what a better one was taken for stays. */
export function takeAttributes(
  { attributes }: FaceTrack,
  { attributes: told, quality }: Pick<Evidence, 'attributes' | 'quality'>,
): void {
  if (told !== undefined && quality > attributes.quality) Object.assign(attributes, { told, quality });
}

/** What is known of two tracks that turn out to be one. */
export function mergeAttributes({ attributes }: FaceTrack, { attributes: other }: FaceTrack): void {
  if (other.quality > attributes.quality) Object.assign(attributes, { told: other.told, quality: other.quality });
  attributes.asked += other.asked;
  attributes.best = Math.max(attributes.best, other.best);
}

/** Attributes are the track's, not its votes' and looks'. */
const withoutAttributes = ({ attributes: _attributes, ...face }: Evidence): Evidence => face;

/** Whether a face of this quality may be shown one day, so that a picture of it is worth cutting. */
export function isWorthPicture(track: FaceTrack, quality: number): boolean {
  return quality > shownQuality(track) || quality > (track.looks[MAX_BEST - 1]?.quality ?? -1);
}

/** The best faces, for enrolment and for telling whether somebody is back. */
export const bestFaces = ({ looks }: FaceTrack): readonly Evidence[] => looks.slice(0, MAX_BEST);
