// Setting right what place and motion alone got wrong, by what the faces look like: a new track that is a lost one come
// back, and a body that was followed from one person to another. It moves bodies between tracks and tells nobody.
import { decide } from '../gallery/decision.js';
import { addLook, addVote, giveBody, isInView, loseBody, mergeAttributes, showBy, startTrack } from './face-track.js';
import { takeAttributes, type FaceTrack } from './face-track.js';
import { isAnother, likenessTo, mostAlike } from './likeness.js';
import type { TrackingSettings } from './tracking-options.js';
import type { Evidence } from './votes.js';

/**
 * Makes a newcomer part of the lost track that it looks like, or whose person the gallery takes it for. One that was told
 * of stays what it was told as.
 * @returns the track that goes on in place of the newcomer, if any
 */
export function takeUpLost(
  newcomer: FaceTrack,
  tracks: readonly FaceTrack[],
  face: Evidence,
  rule: TrackingSettings,
): FaceTrack | undefined {
  if (newcomer.told !== null) return undefined;
  const lost = tracks.filter((track) => track !== newcomer && !isInView(track) && track.body.seenMs < newcomer.firstMs);
  const person = face.quality < rule.voteQuality ? null : decide(face.candidates, rule).person;
  const found =
    mostAlike(lost, face, rule) ??
    (person === null
      ? undefined
      : lost.find((track) => track.verdict.person?.id === person.id && !isAnother(track, [], face, rule)));
  if (found === undefined) return undefined;
  giveBody(newcomer.body, found, newcomer.body.ownedFromMs);
  for (const vote of newcomer.votes) addVote(found, vote, rule.voteQuality);
  for (const look of newcomer.looks) addLook(found, look);
  found.frames += newcomer.frames;
  found.confirmed ||= newcomer.confirmed;
  found.suspect = null;
  found.plan.asked += newcomer.plan.asked;
  found.plan.askedMs = newcomer.plan.askedMs;
  found.plan.galleryVersion = newcomer.plan.galleryVersion;
  mergeAttributes(found, newcomer);
  if (newcomer.thumbnail !== null) showBy(found, newcomer.thumbnail);
  return found;
}

/**
 * What to do about a face that is surely not its track's. One such face may be an accident, unless it is known whose it
 * is; two that are alike are somebody else.
 * @param isSure this one face is enough: the picture changed with it
 * @returns the tracks whose faces are others now; empty while it is only a suspicion
 */
export function followAnother(
  track: FaceTrack,
  tracks: readonly FaceTrack[],
  face: Evidence,
  rule: TrackingSettings,
  isSure = false,
): readonly FaceTrack[] {
  const { body } = track;
  const before = isSure ? face : track.suspect;
  const others = tracks.filter((other) => other !== track);
  const owner = mostAlike(others, face, rule);
  track.suspect = face;
  if (owner !== undefined && !isInView(owner)) {
    giveBody(body, owner, face.atMs);
    loseBody(track, before?.atMs ?? face.atMs);
    settle(owner, [face], rule);
    settle(track, [], rule);
    return [owner, track];
  }
  const swapped = owner?.suspect ?? null;
  if (owner !== undefined && swapped !== null && likenessTo(track.looks, swapped, rule) >= 0) {
    giveBody(owner.body, track, swapped.atMs);
    giveBody(body, owner, face.atMs);
    settle(track, [swapped], rule);
    settle(owner, [face], rule);
    return [track, owner];
  }
  // It looks like somebody who is in view: whether that one's body is still its own is to be seen first.
  const isOwnerSure = owner === undefined || (before !== null && (owner.votes.at(-1)?.atMs ?? -Infinity) >= before.atMs);
  if (owner !== undefined && !isOwnerSure) owner.plan.doubts = Math.max(1, owner.plan.doubts);
  if (before === null || !isOwnerSure || likenessTo([before], face, rule) < 0) return [];
  const newcomer = startTrack(rule.newId(), body.face, body.seenMs, rule.noise, before.atMs);
  newcomer.confirmed = !isSure;
  newcomer.frames = isSure ? 1 : 2;
  newcomer.plan.asked = newcomer.frames;
  newcomer.plan.askedMs = track.plan.askedMs;
  giveBody(body, newcomer, before.atMs);
  loseBody(track, before.atMs);
  settle(newcomer, isSure ? [face] : [before, face], rule);
  settle(track, [], rule);
  return [newcomer, track];
}

/** Takes what is now known to be a track's own into it. */
function settle(track: FaceTrack, faces: readonly Evidence[], rule: TrackingSettings): void {
  track.suspect = null;
  for (const face of faces) {
    takeAttributes(track, face);
    addVote(track, face, rule.voteQuality);
    addLook(track, face);
  }
}
