// The objects of one stream followed from frame to frame, and what is told of them: that one has come, once several frames have shown
// it, and that it has gone. What it is, is decided by votes: detectors call one car a truck now and then. Pure and synchronous: its
// clock is the caller's.
import type { TrackEvent, ToldState } from '../../../protocol/events.js';
import { boxOf } from '../../geometry/box.js';
import { iou } from '../../geometry/nms.js';
import { associate } from '../../tracks/association.js';
import { boxOfMotion, correct, predict, startMotion, type Motion, type MotionNoise } from '../../tracks/motion.js';
import type { FoundObject } from './object-items.js';

export interface ObjectTrackingOptions {
  readonly stream: string;
  /** Score from which on a box begins a track; weaker ones continue tracks that are in view. */
  readonly threshold: number;
  readonly newId: () => string;
}

interface ObjectTrack {
  readonly id: string;
  readonly firstMs: number;
  /** Sum of the scores with which each class was seen. */
  readonly votes: Map<number, number>;
  classIndex: number;
  label: string;
  motion: Motion;
  object: FoundObject;
  seenMs: number;
  frames: number;
  misses: number;
  confirmed: boolean;
  told: ToldState | null;
}

/** What is told of an object of a frame. */
export interface ObjectSight {
  /** Null until several frames have shown it. */
  readonly track: string | null;
  /** By all that was seen of its track. */
  readonly classIndex: number;
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
/** Two boxes that overlap so much are one object, whatever it is called. */
const SAME_PLACE = 0.7;
/** What is called otherwise than before is the same object where it overlaps the place that is expected by so much. */
const SAME_OBJECT = 0.5;

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
   * @param objects best first; also weak ones, which only continue tracks
   * @param labels of the model's classes
   * @param model id of the model
   * @returns for each object what is told of it; null for one that is another under a second name
   */
  see(objects: readonly FoundObject[], labels: readonly string[], atMs: number, model: string): readonly (ObjectSight | null)[] {
    this.tick(atMs, model);
    const now = this.#nowMs;
    const places = placesOf(objects);
    const owners = new Map<number, ObjectTrack>();
    const first = objects.flatMap((_, index) => (places[index] === index ? [index] : []));
    const classes = new Set(first.flatMap((index) => objects[index]?.classIndex ?? []));
    for (const classIndex of classes) {
      const ofClass = first.filter((index) => objects[index]?.classIndex === classIndex);
      const tracks = this.#tracks.filter((track) => track.classIndex === classIndex);
      this.#match(tracks, objects, ofClass, owners, now);
    }
    // What is left may be something that is called otherwise in this frame.
    const free = new Set(owners.values());
    const others = this.#tracks.filter((track) => !free.has(track));
    this.#match(
      others,
      objects,
      first.filter((index) => !owners.has(index)),
      owners,
      now,
      SAME_OBJECT,
    );
    for (const index of first) {
      const object = objects[index];
      if (object === undefined || owners.has(index) || object.score < this.#options.threshold) continue;
      if (this.#tracks.length >= MOST_TRACKS) break;
      owners.set(index, this.#begin(object, now));
    }
    const seen = new Set(owners.values());
    for (const track of this.#tracks) if (!seen.has(track)) track.misses++;
    this.#tracks = this.#tracks.filter(({ confirmed, misses }) => confirmed || misses <= UNCONFIRMED_MISSES);
    objects.forEach(({ classIndex, score }, index) => {
      const track = owners.get(places[index] ?? index);
      if (track !== undefined) vote(track, classIndex, score, labels);
    });
    for (const track of this.#tracks) if (track.confirmed && track.told === null) this.#tell('appear', track, model);
    return objects.map(({ classIndex }, index) => {
      if (places[index] !== index) return null;
      const track = owners.get(index);
      return track === undefined
        ? { track: null, classIndex }
        : { track: track.confirmed ? track.id : null, classIndex: track.classIndex };
    });
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

  /** @param candidates indices of objects @param leastOverlap with the place where the track is expected; 0 where that is no matter */
  #match(
    tracks: readonly ObjectTrack[],
    objects: readonly FoundObject[],
    candidates: readonly number[],
    owners: Map<number, ObjectTrack>,
    now: number,
    leastOverlap = 0,
  ): void {
    const known = tracks.filter((track) => now - track.seenMs <= LOST_MS);
    const boxes = candidates.flatMap((index) => objects[index] ?? []);
    const trackable = known.map(({ motion, misses, seenMs }) => ({ motion, lostMs: misses === 0 ? 0 : now - seenMs }));
    for (const match of associate(trackable, boxes, now, { highScore: this.#options.threshold, noise: NOISE })) {
      const [track, box, index] = [known[match.track], boxes[match.face], candidates[match.face]];
      if (track === undefined || box === undefined || index === undefined) continue;
      const expected = predict(track.motion, now, NOISE);
      if (leastOverlap > 0 && iou({ ...boxOfMotion(expected), score: 1 }, box) < leastOverlap) continue;
      owners.set(index, track);
      track.motion = correct(expected, box, NOISE);
      track.object = box;
      track.seenMs = now;
      track.misses = 0;
      track.frames++;
      track.confirmed ||= track.frames >= CONFIRM_FRAMES || now - track.firstMs >= CONFIRM_MS;
    }
  }

  #begin(object: FoundObject, now: number): ObjectTrack {
    const track: ObjectTrack = {
      id: this.#options.newId(),
      firstMs: now,
      votes: new Map(),
      classIndex: object.classIndex,
      label: '',
      motion: startMotion(object, now, NOISE),
      object,
      seenMs: now,
      frames: 1,
      misses: 0,
      confirmed: false,
      told: null,
    };
    this.#tracks.push(track);
    return track;
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

/** For each object the first one, best first, that is at its place; itself where there is none before it. */
function placesOf(objects: readonly FoundObject[]): readonly number[] {
  const places: number[] = [];
  objects.forEach((object, index) => {
    const before = places.find((place, other) => {
      const better = objects[place];
      return (
        place === other && better !== undefined && better.classIndex !== object.classIndex && iou(better, object) > SAME_PLACE
      );
    });
    places.push(before ?? index);
  });
  return places;
}

function vote(track: ObjectTrack, classIndex: number, score: number, labels: readonly string[]): void {
  track.votes.set(classIndex, (track.votes.get(classIndex) ?? 0) + score);
  const votesOf = (index: number): number => track.votes.get(index) ?? 0;
  if (votesOf(classIndex) > votesOf(track.classIndex)) track.classIndex = classIndex;
  track.label = labels[track.classIndex] ?? String(track.classIndex);
}
