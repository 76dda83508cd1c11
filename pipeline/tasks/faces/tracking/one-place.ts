// A person is in one place at a time: of two faces in view that look like the same one, one is a mirror, a poster, or somebody
// else. The track that was taken for the person first keeps the name, also where the other is more like them for a while, so
// that no name goes to and fro between the two. Of tracks that begin in the same frame the more similar one does.
import type { Candidate } from '../../../../protocol/payloads.js';
import { isInView, type Claim, type FaceTrack } from './face-track.js';
import type { TrackingSettings } from './tracking-options.js';

/** What a track's evidence shows so far. @param before its claim until now */
export function claimOf(before: Claim | null, person: Candidate | null, sinceMs: number): Claim | null {
  if (person === null || before?.personId === person.id) return before;
  return { personId: person.id, sinceMs, similarity: person.similarity };
}

function isBefore(one: FaceTrack, other: FaceTrack): boolean {
  const [a, b] = [one.claim, other.claim];
  if (a === null || b === null) return a !== null;
  if (a.sinceMs !== b.sinceMs) return a.sinceMs < b.sinceMs;
  return a.similarity === b.similarity ? one.id < other.id : a.similarity > b.similarity;
}

/** Whether both are in view, or the one was while the other was there and may be back at any moment. */
function areTogether(one: FaceTrack, other: FaceTrack, atMs: number, { motionMs }: Pick<TrackingSettings, 'motionMs'>): boolean {
  if (isInView(one)) return true;
  return atMs - one.body.seenMs <= motionMs && other.firstMs <= one.body.seenMs;
}

/**
 * Whether another track has the better right to a person. People with declared twins may well be two in one picture.
 * @param shownPerson id of the person that a track would be named as
 */
export function mustYield(
  track: FaceTrack,
  personId: string,
  tracks: readonly FaceTrack[],
  atMs: number,
  shownPerson: (track: FaceTrack) => string | undefined,
  settings: Pick<TrackingSettings, 'motionMs' | 'hasTwins'>,
): boolean {
  if (settings.hasTwins?.(personId)) return false;
  return tracks.some(
    (other) =>
      other !== track && isBefore(other, track) && areTogether(other, track, atMs, settings) && shownPerson(other) === personId,
  );
}
