// What is told of tracks: each thing once, in the words of the contract's events. Somebody who was here just before is not
// told as new, unless the visit lasts.
import type { EventPerson, ToldState, TrackEvent, TrackEventKind } from '../../../../protocol/events.js';
import { boxOf } from '../../../geometry/box.js';
import type { FacePicture } from '../face-pictures.js';
import { bestFaces, type FaceTrack } from './face-track.js';
import { likenessTo } from './likeness.js';
import type { TrackingSettings } from './tracking-options.js';
import type { Evidence } from './votes.js';

/** An event with the picture of the track's best face so far, where there is one; it may still have to be encoded. */
export type ToldEvent = TrackEvent & { readonly thumbnail?: FacePicture };

/** Somebody who left a short while ago. */
interface Departed {
  readonly personId: string | null;
  readonly best: readonly Evidence[];
  readonly seenMs: number;
}

/** A crowd that streams by must not be kept: of more people the last to leave. */
const MAX_DEPARTED = 32;

export class EventTeller {
  readonly #settings: TrackingSettings;
  #events: ToldEvent[] = [];
  #departed: Departed[] = [];

  constructor(settings: TrackingSettings) {
    this.#settings = settings;
  }

  /** The events since the last call. */
  take(): readonly ToldEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Somebody who was deleted is known here no longer, nor what they look like. */
  forgetPeople(isKnown: (id: string) => boolean): void {
    this.#departed = this.#departed.filter(({ personId }) => personId === null || isKnown(personId));
  }

  /** Tells of a track what there is to tell by now. @param person whom it is named as */
  settle(track: FaceTrack, person: EventPerson | null, nowMs: number, galleryVersion: number): void {
    if (!track.confirmed) return;
    this.#departed = this.#departed.filter(({ seenMs }) => nowMs - seenMs <= this.#settings.repeatMs);
    if (this.#isRepeat(track) && nowMs - track.firstMs < this.#settings.repeatMs) return;
    if (track.told === null) {
      // Its first embedding may still show that it is no new one.
      const isWaiting = track.votes.length === 0 && (track.body.awaited > 0 || this.#departed.length > 0);
      if (isWaiting && nowMs - track.firstMs < this.#settings.appearWaitMs) return;
      this.#tell('appear', track, nowMs, galleryVersion, null);
    }
    if (person?.id === track.told?.person?.id) return;
    this.#tell(track.identified ? 'change' : 'identify', track, nowMs, galleryVersion, person);
    track.identified = true;
  }

  /** Tells that a track has ended, where it was told of at all. */
  leave(track: FaceTrack, nowMs: number, galleryVersion: number): void {
    if (!track.confirmed) return;
    if (track.told !== null) this.#tell('leave', track, nowMs, galleryVersion, track.told.person);
    const best = bestFaces(track);
    if (best.length === 0) return;
    this.#departed.push({ personId: track.verdict.person?.id ?? null, best, seenMs: track.body.seenMs });
    if (this.#departed.length > MAX_DEPARTED) this.#departed.shift();
  }

  /** Whether it is somebody who left just before; found out before the track is told of, and taken back when it is named as another. */
  #isRepeat(track: FaceTrack): boolean {
    const personId = track.verdict.person?.id;
    const known = track.repeatOf;
    if (known !== null && personId !== undefined && known.personId !== null && known.personId !== personId) track.repeatOf = null;
    if (track.repeatOf === null && !track.identified)
      track.repeatOf = this.#departed.find((one) => this.#isOne(one, track)) ?? null;
    return track.repeatOf !== null;
  }

  #isOne(departed: Departed, track: FaceTrack): boolean {
    const awayMs = track.firstMs - departed.seenMs;
    if (awayMs < 0 || awayMs > this.#settings.repeatMs) return false;
    const personId = track.verdict.person?.id;
    if (personId !== undefined && departed.personId !== null) return personId === departed.personId;
    return track.looks.some((face) => likenessTo(departed.best, face, this.#settings) >= 0);
  }

  #tell(kind: TrackEventKind, track: FaceTrack, nowMs: number, galleryVersion: number, decided: EventPerson | null): void {
    const person = decided === null ? null : { id: decided.id, name: decided.name };
    const { verdict, told } = track;
    const similarity = (person === null ? verdict.candidates?.[0]?.similarity : verdict.person?.similarity) ?? null;
    this.#events.push({
      kind,
      stream: this.#settings.stream,
      track: track.id,
      ts: nowMs,
      first_ts: track.firstMs,
      last_ts: track.body.seenMs,
      person,
      similarity,
      box: boxOf(track.body.face),
      frames: track.frames,
      ...(told === null ? {} : { before: told }),
      model: this.#settings.model,
      gallery_version: galleryVersion,
      threshold: this.#settings.match,
      ...(track.attributes.told === null ? {} : { attributes: track.attributes.told }),
      ...(track.thumbnail === null ? {} : { thumbnail: track.thumbnail.picture }),
    });
    track.told = { kind, ts: nowMs, person, similarity } satisfies ToldState;
  }
}
