// People who were deleted from the gallery, out of one track: out of what was seen, decided and told of it.
import type { FaceTrack } from './face-track.js';
import type { Evidence } from './votes.js';

export function forgetPeopleIn(track: FaceTrack, isKnown: (id: string) => boolean): void {
  const without = (face: Evidence): Evidence =>
    face.candidates.every(({ id }) => isKnown(id))
      ? face
      : { ...face, candidates: face.candidates.filter(({ id }) => isKnown(id)) };
  const { verdict, told, repeatOf } = track;
  const isGone = (person: { readonly id: string } | null | undefined): boolean =>
    person !== null && person !== undefined && !isKnown(person.id);
  track.votes = track.votes.map(without);
  track.looks = track.looks.map(without);
  track.suspect = track.suspect && without(track.suspect);
  // A picture that was taken of the track as theirs must not be told of again.
  if (isGone(verdict.person) || isGone(told?.person)) {
    track.thumbnail = null;
    track.attributes = { ...track.attributes, told: null, quality: -1 };
    if (track.suspect !== null) {
      const { attributes: _attributes, ...suspect } = track.suspect;
      track.suspect = suspect;
    }
    track.looks = track.looks.map(({ thumbnail: _thumbnail, ...face }) => face);
  }
  if (isGone(verdict.person)) track.verdict = { person: null };
  if (track.claim !== null && !isKnown(track.claim.personId)) track.claim = null;
  if (told !== null && isGone(told.person)) track.told = { ...told, person: null, similarity: null };
  const visitor = repeatOf?.personId ?? null;
  if (visitor !== null && !isKnown(visitor)) track.repeatOf = null;
}
