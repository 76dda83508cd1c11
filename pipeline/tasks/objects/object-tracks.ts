// The objects of one stream followed from frame to frame, those of each label among themselves, and what is told of them: that one has
// come, once several frames have shown it, and that it has gone. Pure and synchronous: its clock is the caller's.
import type { TrackEvent, ToldState } from '../../../protocol/events.js';
import { boxOf } from '../../geometry/box.js';
import { associate } from '../../tracks/association.js';
import { correct, predict, startMotion, type Motion, type MotionNoise } from '../../tracks/motion.js';
import type { FoundObject } from './object-items.js';

export interface ObjectTrackingOptions {
  readonly stream: string;
  /** Score from which on a box begins a track; weaker ones continue tracks that are in view. */
  readonly threshold: number;
  readonly newId: () => string;
}

interface ObjectTrack {
  readonly id: string;
  readonly label: string;
  readonly firstMs: number;
  motion: Motion;
  object: FoundObject;
  seenMs: number;
  frames: number;
  misses: number;
  confirmed: boolean;
  told: ToldState | null;
}

/** An event whose times are still those of `performance.now()`. */
export type ObjectTrackEvent = TrackEvent & { readonly label: string; readonly score: number };

/** As of faces, but that things begin to move at once less often. */
const NOISE: MotionNoise = { detection: 0.08, startSpeed: 3, wander: 4 };
/** A detector's flicker is no object: so many frames have to show it, or fewer of a slow stream for so long. */
const CONFIRM_FRAMES = 3;
const CONFIRM_MS = 500;
const UNCONFIRMED_MISSES = 2;
/** What was not seen for so long has gone. */
const LEAVE_MS = 5000;
/** What is lost for longer than this is not looked for where it was going. */
const LOST_MS = 2000;
/** A stream that shows more is a crowd, where nobody counts. */
const MOST_TRACKS = 500;

export class ObjectTracks {
  readonly #options: ObjectTrackingOptions;
  #tracks: ObjectTrack[] = [];
  #events: ObjectTrackEvent[] = [];
  #nowMs = -Infinity;

  constructor(options: ObjectTrackingOptions) {
    this.#options = options;
  }

  /**
   * The next frame.
   * @param objects also weak ones, which only continue tracks
   * @param labels of the model's classes
   * @param model id of the model
   * @returns for each object its track, once that is confirmed; null for one that is of none
   */
  see(objects: readonly FoundObject[], labels: readonly string[], atMs: number, model: string): readonly (string | null)[] {
    this.tick(atMs, model);
    const now = this.#nowMs;
    const owners: (ObjectTrack | null)[] = objects.map(() => null);
    for (const classIndex of new Set(objects.map((object) => object.classIndex))) {
      const label = labels[classIndex] ?? String(classIndex);
      const places = objects.flatMap((object, place) => (object.classIndex === classIndex ? [place] : []));
      for (const [place, track] of this.#followed(objects, places, label, now)) owners[place] = track;
    }
    for (const track of this.#tracks) if (!owners.includes(track)) track.misses++;
    this.#tracks = this.#tracks.filter(({ confirmed, misses }) => confirmed || misses <= UNCONFIRMED_MISSES);
    for (const track of this.#tracks) if (track.confirmed && track.told === null) this.#tell('appear', track, model);
    return owners.map((track) => (track?.confirmed === true ? track.id : null));
  }

  /** Time has passed. */
  tick(nowMs: number, model: string): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const gone = this.#tracks.filter(({ seenMs }) => this.#nowMs - seenMs > LEAVE_MS);
    if (gone.length > 0) this.#tracks = this.#tracks.filter((track) => !gone.includes(track));
    for (const track of gone) this.#leave(track, model);
  }

  /** The stream is over: everything leaves. */
  end(nowMs: number, model: string): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (const track of this.#tracks.splice(0)) this.#leave(track, model);
  }

  /** The events since the last call, in order. */
  takeEvents(): readonly ObjectTrackEvent[] {
    return this.#events.splice(0);
  }

  /** Those of one label. @returns the tracks by the places of their objects */
  #followed(objects: readonly FoundObject[], places: readonly number[], label: string, now: number): Map<number, ObjectTrack> {
    const owners = new Map<number, ObjectTrack>();
    const tracks = this.#tracks.filter((track) => track.label === label && now - track.seenMs <= LOST_MS);
    const boxes = places.flatMap((place) => objects[place] ?? []);
    const trackable = tracks.map(({ motion, misses, seenMs }) => ({ motion, lostMs: misses === 0 ? 0 : now - seenMs }));
    for (const match of associate(trackable, boxes, now, { highScore: this.#options.threshold, noise: NOISE })) {
      const [track, box, place] = [tracks[match.track], boxes[match.face], places[match.face]];
      if (track === undefined || box === undefined || place === undefined) continue;
      owners.set(place, track);
      track.motion = correct(predict(track.motion, now, NOISE), box, NOISE);
      track.object = box;
      track.seenMs = now;
      track.misses = 0;
      track.frames++;
      track.confirmed ||= track.frames >= CONFIRM_FRAMES || now - track.firstMs >= CONFIRM_MS;
    }
    for (const [index, box] of boxes.entries()) {
      const place = places[index];
      if (place === undefined || owners.has(place) || box.score < this.#options.threshold) continue;
      if (this.#tracks.length >= MOST_TRACKS) break;
      const track: ObjectTrack = {
        id: this.#options.newId(),
        label,
        firstMs: now,
        motion: startMotion(box, now, NOISE),
        object: box,
        seenMs: now,
        frames: 1,
        misses: 0,
        confirmed: false,
        told: null,
      };
      this.#tracks.push(track);
      owners.set(place, track);
    }
    return owners;
  }

  #leave(track: ObjectTrack, model: string): void {
    if (track.told !== null) this.#tell('leave', track, model);
  }

  #tell(kind: 'appear' | 'leave', track: ObjectTrack, model: string): void {
    const { id, label, object, firstMs, seenMs, frames, told } = track;
    this.#events.push({
      kind,
      stream: this.#options.stream,
      track: id,
      label,
      score: object.score,
      ts: this.#nowMs,
      first_ts: firstMs,
      last_ts: seenMs,
      person: null,
      similarity: null,
      box: boxOf(object),
      frames,
      ...(told === null ? {} : { before: told }),
      model,
      gallery_version: 0,
      threshold: this.#options.threshold,
    });
    track.told = { kind, ts: this.#nowMs, person: null, similarity: null };
  }
}
