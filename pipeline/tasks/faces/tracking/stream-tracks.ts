// The faces of one stream followed from frame to frame: which face is of which track, which of them are worth embedding,
// who each is by all that was seen of it, and what is to be told. Pure and synchronous: no timers, no I/O, its clock is
// the caller's.
import type { FoundFace } from '../face-items.js';
import { lookAlike, type PictureLook } from '../../../images/brightness-grid.js';
import { associate } from '../../../tracks/association.js';
import { areSettled, carriedFaces, movedPoints, unseenFaces, type Carried, type Glance, type UnseenFrame } from './carry.js';
import { noteTouches } from './contact.js';
import { estimatedQuality, noteAsked, raiseDoubt, wantsEmbedding } from './embedding-plan.js';
import { EventTeller, type ToldEvent } from './event-teller.js';
import { abandonAttributes, addLook, addVote, isInView, isWorthPicture, noteAttributesAsked, showBy } from './face-track.js';
import { startTrack, takeAttributes, wantsAttributes, type Body, type FaceTrack } from './face-track.js';
import { isConcerned } from './gallery-change.js';
import { isAnother, isUnlike } from './likeness.js';
import { followAnother, takeUpLost } from './mending.js';
import { correct, predict } from '../../../tracks/motion.js';
import { claimOf, mustYield } from './one-place.js';
import { forgetPeopleIn } from './forget-people.js';
import { RecentTracks } from './recent-tracks.js';
import { accountOf, type TrackAccount } from './track-account.js';
import { DEFAULT_TRACKING, type TrackingOptions, type TrackingSettings } from './tracking-options.js';
import { firstImpression, verdictOf, type Evidence, type TrackDecision, type Verdict } from './votes.js';

/** One face of one frame that belongs to a track. */
export interface Sight {
  readonly atMs: number;
  /** Whether it is to be embedded; `learn` or `abandon` is then to be called once. */
  readonly embed: boolean;
  /** Whether it is also to be asked what it is taken for beside who it is; only where it is embedded. */
  readonly describe: boolean;
  /** It looks so unlike the frame before that place alone does not make it the same face. */
  readonly changed: boolean;
  /** What tracking knows it by; of no use to others. */
  readonly body: Body;
}

/** A sight of a face that was carried on: where it is, and its five points (x, y each). */
export interface CarriedSight extends Sight {
  readonly face: FoundFace;
  readonly points: readonly number[];
}

/** What a frame and its faces, in their order, look like at a glance. */
export interface Appearance {
  readonly scene: PictureLook;
  readonly faces: readonly PictureLook[];
}

/** Enrolment, results and events have names as the gallery had them when it was searched: who tells them looks up today's. */
export class StreamTracks {
  readonly #settings: TrackingSettings;
  readonly #teller: EventTeller;
  readonly #recent = new RecentTracks();
  #tracks: FaceTrack[] = [];
  #nowMs = -Infinity;
  /** Time of the newest frame; ticks do not move it, since motion goes by when frames came. */
  #frameMs = -Infinity;
  /** When the process last went on after it stood still: nobody can have been seen shortly before. */
  #wentOnMs = -Infinity;
  #scene: PictureLook | null = null;
  #isCalm = false;
  #galleryVersion: number;

  constructor(options: TrackingOptions) {
    this.#settings = { ...DEFAULT_TRACKING, ...options };
    this.#teller = new EventTeller(this.#settings);
    this.#galleryVersion = options.galleryVersion;
  }

  /** How many faces are followed, those lost from view for less than the leave time included. */
  get live(): number {
    return this.#tracks.filter(({ confirmed }) => confirmed).length;
  }

  /**
   * The next frame.
   * @param faces also weak ones (0.3 <= score < highScore), which only continue tracks
   * @param appearance what frame and faces look like, so that another scene or face at the same place is noticed
   * @param atMs when it came, by a clock that neither steps nor runs backwards
   * @returns for each face its sight; null for one that is of no track and is left out of results
   */
  see(
    faces: readonly FoundFace[],
    atMs: number,
    galleryVersion: number,
    appearance: Appearance | null = null,
  ): readonly (Sight | null)[] {
    this.#advance(atMs, galleryVersion);
    this.#noteScene(appearance?.scene ?? null);
    const now = this.#frameTime(atMs);
    const { highScore, noise } = this.#settings;
    const trackable = this.#tracks.flatMap((track) => {
      const { motion, seenMs } = track.body;
      const isExpected = isInView(track) || now - seenMs <= this.#settings.motionMs;
      return motion !== null && isExpected ? [{ track, motion, lostMs: isInView(track) ? 0 : now - seenMs }] : [];
    });
    const owners: (FaceTrack | null)[] = faces.map(() => null);
    const changed = new Set<FaceTrack>();
    for (const { track: index, face: at, doubtful } of associate(trackable, faces, now, this.#settings)) {
      const track = trackable[index]?.track;
      const face = faces[at];
      if (track === undefined || face === undefined) continue;
      owners[at] = track;
      const look = appearance?.faces[at] ?? null;
      if (look !== null && track.body.look !== null && lookAlike(look, track.body.look) < this.#settings.changedLook)
        changed.add(track);
      this.#follow(track, face, doubtful);
      track.body.look = look;
    }
    for (const track of this.#tracks) if (!owners.includes(track)) track.body.misses++;
    faces.forEach((face, at) => {
      if (owners[at] !== null || face.score < highScore) return;
      const track = startTrack(this.#settings.newId(), face, now, noise);
      track.body.look = appearance?.faces[at] ?? null;
      this.#tracks.push(track);
      owners[at] = track;
    });
    this.#tracks = this.#tracks.filter(({ confirmed, body }) => confirmed || body.misses <= this.#settings.unconfirmedMisses);
    noteTouches(this.#tracks, now, this.#settings.motionMs);
    const sights = owners.map((track) => track && this.#sight(track, now, changed.has(track)));
    for (const track of this.#tracks) this.#settle(track);
    return sights;
  }

  /** Whether the newest frame that was looked at shows the scene of the one before, hardly changed. */
  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** Whether a glance may do for a frame of this time: `carry` says for certain. */
  mayCarry(atMs: number, galleryVersion: number): boolean {
    this.#noteGallery(galleryVersion);
    return this.#scene !== null && areSettled(this.#tracks, atMs, this.#galleryVersion, this.#settings);
  }

  /**
   * The next frame, which was only glanced at: whoever was in view is taken to be where their motion takes them.
   * @returns their sights, none of which is to be embedded; null when the frame has to be looked at, and nothing has changed then
   */
  carry(glance: Glance, atMs: number, galleryVersion: number): readonly CarriedSight[] | null {
    this.#advance(atMs, galleryVersion);
    const now = this.#frameTime(atMs);
    const carried = carriedFaces(this.#tracks, this.#scene, glance, now, this.#galleryVersion, this.#settings);
    return carried === null ? null : this.#carryOn(carried, now);
  }

  /** The next frame, which nobody has seen: as `carry`, whatever it may show. */
  carryUnseen(frame: UnseenFrame, atMs: number, galleryVersion: number): readonly CarriedSight[] {
    this.#advance(atMs, galleryVersion);
    const now = this.#frameTime(atMs);
    return this.#carryOn(unseenFaces(this.#tracks, frame, now, this.#settings), now);
  }

  /** The five points (x, y each) that were found in the face of a sight: they go with it where it is carried on. */
  located({ body }: Sight, face: FoundFace, points: readonly number[]): void {
    body.located = { face, points };
  }

  /** Where the points of the face of a sight about are, by where they were found last; undefined where it looks otherwise now. */
  expectedPoints({ body, changed }: Sight, face: FoundFace): readonly number[] | undefined {
    return body.located === null || changed ? undefined : movedPoints(body.located.points, body.located.face, face);
  }

  /**
   * What the embedding of a sight showed; late, and in any order, if it has to be.
   * @param staleBefore version of the gallery that last lost a face: votes of an older one are no evidence after this
   */
  learn({ body, atMs, changed }: Sight, evidence: Evidence, staleBefore = 0): void {
    body.awaited--;
    const track = body.owner;
    if (!this.#tracks.includes(track) || atMs < body.ownedFromMs) return;
    const { thumbnail, ...face } = evidence;
    if (evidence.galleryVersion >= staleBefore) track.votes = track.votes.filter((vote) => vote.galleryVersion >= staleBefore);
    const isSurelyAnother = changed && isUnlike(track, face, this.#settings);
    if (isSurelyAnother || isAnother(track, this.#tracks, face, this.#settings)) {
      const moved = followAnother(track, this.#tracks, face, this.#settings, isSurelyAnother);
      for (const one of moved) if (!this.#tracks.includes(one)) this.#tracks.push(one);
      this.#tracks = this.#tracks.filter((one) => one.confirmed || one.body.motion !== null);
      for (const one of moved) this.#judge(one);
      return;
    }
    track.suspect = null;
    if (thumbnail !== undefined) showBy(track, { picture: thumbnail, quality: face.quality });
    takeAttributes(track, face);
    addVote(track, face, this.#settings.voteQuality);
    if (track.looks.length === 0 || Math.abs(atMs - body.touchedMs) > this.#settings.briefMs) addLook(track, evidence);
    const lost = takeUpLost(track, this.#tracks, face, this.#settings);
    if (lost !== undefined) this.#tracks = this.#tracks.filter((one) => one !== track);
    this.#judge(lost ?? track);
  }

  /** The embedding of a sight will not come: its frame was dropped, or failed. */
  abandon({ body, describe }: Sight): void {
    body.awaited--;
    if (describe) abandonAttributes(body.owner);
    body.owner.plan.asked = Math.max(0, body.owner.plan.asked - 1);
  }

  /** Whether a face of this quality is among its track's best so far: asked before a thumbnail is cut for `learn`. */
  isWorthPicture({ body }: Sight, quality: number): boolean {
    return isWorthPicture(body.owner, quality);
  }

  /** Who a sight's track is, as of now; for the results of every frame. */
  decision({ atMs, body: { owner } }: Sight): TrackDecision {
    return this.#decisionOf(owner, atMs);
  }

  #decisionOf(owner: FaceTrack, atMs: number): TrackDecision {
    const quality = owner.looks[0]?.quality ?? 0;
    const attributes = this.#settings.wantsAttributes ? { attributes: owner.attributes.told } : {};
    const common = { track: owner.id, quality, ...attributes };
    const { person, candidates } = owner.verdict;
    // What was just seen is not like it: nobody is named until that is explained.
    if (owner.suspect !== null && person !== null) {
      return { ...common, person: null, ...(candidates === undefined ? {} : { candidates }), reason: 'ambiguous' };
    }
    return { ...common, ...this.#shown(owner, atMs) };
  }

  /** The verdict, or before there is one the first impression; of nobody where another track is this person already. */
  #shown(track: FaceTrack, atMs: number): Verdict {
    const own = this.#named(track, atMs);
    const { person, candidates } = own;
    if (person === null || !this.#mustYield(track, person.id, atMs)) return own;
    return { person: null, ...(candidates === undefined ? {} : { candidates }), reason: 'ambiguous' };
  }

  #named({ verdict, votes }: FaceTrack, atMs: number): Verdict {
    return (verdict.person === null ? firstImpression(votes, atMs, this.#settings) : null) ?? verdict;
  }

  #mustYield(track: FaceTrack, personId: string, atMs: number): boolean {
    const personOf = (other: FaceTrack): string | undefined => this.#named(other, atMs).person?.id;
    return mustYield(track, personId, this.#tracks, this.#nowMs, personOf, this.#settings);
  }

  /** Time has passed: to be called several times a second, whether or not there are frames, so that who has left is told of in time. */
  tick(nowMs: number, galleryVersion: number): void {
    this.#advance(nowMs, galleryVersion);
    for (const track of this.#tracks) this.#settle(track);
  }

  /** Nobody looked for a while, up to now: who was there is given the time to be seen again before they have left. */
  stoodStill(nowMs: number): void {
    this.#wentOnMs = nowMs;
    // Somebody else may be in their place.
    for (const track of this.#tracks) raiseDoubt(track, nowMs, this.#settings);
  }

  /** The stream is over: every track leaves. */
  end(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (const track of this.#tracks) this.#leave(track);
    this.#tracks = [];
  }

  /** The events since the last call, in order. */
  takeEvents(): readonly ToldEvent[] {
    return this.#teller.take();
  }

  /** People who were deleted are named no longer, in nothing that comes after; what was seen of them as such is gone. */
  forgetPeople(isKnown: (id: string) => boolean): void {
    for (const track of this.#tracks) {
      forgetPeopleIn(track, isKnown);
      track.verdict = verdictOf(track.votes, track.verdict.person?.id ?? null, this.#settings);
    }
    this.#teller.forgetPeople(isKnown);
    this.#recent.forgetPeople(isKnown);
  }

  /** All of a track in view, lost, or gone for less than five minutes; undefined if it is not known. */
  account(trackId: string): TrackAccount | undefined {
    const live = this.#tracks.find(({ id }) => id === trackId);
    return live === undefined ? this.#recent.get(trackId) : this.#accountOf(live);
  }

  /** Its best faces, best first. */
  bestOf(trackId: string): readonly Evidence[] | undefined {
    return this.account(trackId)?.faces;
  }

  #accountOf(track: FaceTrack, isGone = false): TrackAccount {
    return accountOf(track, this.#decisionOf(track, track.body.seenMs), this.#settings, isGone);
  }

  #advance(nowMs: number, galleryVersion: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#noteGallery(galleryVersion);
    const isGone = ({ body }: FaceTrack): boolean => this.#nowMs - Math.max(body.seenMs, this.#wentOnMs) > this.#settings.leaveMs;
    const gone = this.#tracks.filter(isGone);
    if (gone.length > 0) this.#tracks = this.#tracks.filter((track) => !isGone(track));
    for (const track of gone) this.#leave(track);
    this.#recent.expire(this.#nowMs);
  }

  /** Tracks that are like none of the faces that came have nothing to ask of the new gallery. */
  #noteGallery(version: number): void {
    const before = this.#galleryVersion;
    if (version <= before) return;
    this.#galleryVersion = version;
    const { match, facesSince } = this.#settings;
    const faces = facesSince?.(before) ?? null;
    if (faces === null) return;
    for (const track of this.#tracks)
      if (track.plan.galleryVersion >= before && !isConcerned(track, faces, match)) track.plan.galleryVersion = version;
  }

  #carryOn(carried: readonly Carried[], atMs: number): readonly CarriedSight[] {
    return carried.map(({ track, motion, face, points }) => {
      const { body } = track;
      body.motion = motion;
      body.face = face;
      body.seenMs = atMs;
      track.frames++;
      return { atMs, embed: false, describe: false, changed: false, body, face, points };
    });
  }

  #frameTime(atMs: number): number {
    this.#frameMs = Math.max(this.#frameMs, atMs);
    return this.#frameMs;
  }

  #follow(track: FaceTrack, face: FoundFace, doubtful: boolean): void {
    const { body, firstMs } = track;
    const { noise, confirmFrames, confirmMs, briefMs, motionMs } = this.#settings;
    const now = this.#frameMs;
    const isUnsure = doubtful || now - body.seenMs > (body.misses > 0 ? briefMs : motionMs);
    if (isUnsure) raiseDoubt(track, now, this.#settings);
    if (body.motion !== null)
      body.motion = correct(predict(body.motion, now, noise), face, noise, now - body.touchedMs <= briefMs);
    body.face = face;
    body.seenMs = now;
    body.misses = 0;
    track.frames++;
    track.confirmed ||= track.frames >= confirmFrames || now - firstMs >= confirmMs;
  }

  /** After a cut nobody is where they were; who shows again is known by the embedding. */
  #noteScene(scene: PictureLook | null): void {
    const alike = scene === null || this.#scene === null ? null : lookAlike(scene, this.#scene);
    const isCut = alike !== null && alike < this.#settings.sceneCut;
    this.#scene = scene;
    this.#isCalm = alike !== null && alike >= this.#settings.calmScene;
    if (!isCut) return;
    this.#tracks = this.#tracks.filter(({ confirmed, votes }) => confirmed || votes.length > 0);
    for (const { body } of this.#tracks) body.motion = null;
  }

  #sight(track: FaceTrack, atMs: number, changed: boolean): Sight {
    const { body } = track;
    const estimate = estimatedQuality(body.face);
    const embed = changed || wantsEmbedding(track, atMs, estimate, this.#galleryVersion, this.#settings);
    if (embed) noteAsked(track, atMs, estimate, this.#galleryVersion, this.#settings);
    const describe = embed && this.#settings.wantsAttributes === true && wantsAttributes(track, estimate, this.#settings);
    if (describe) noteAttributesAsked(track, estimate);
    return { atMs, embed, describe, changed, body };
  }

  #judge(track: FaceTrack): void {
    track.verdict = verdictOf(track.votes, track.verdict.person?.id ?? null, this.#settings);
    const newestMs = track.votes.at(-1)?.atMs ?? this.#nowMs;
    track.claim = claimOf(track.claim, this.#named(track, newestMs).person, newestMs);
    this.#settle(track);
  }

  #settle(track: FaceTrack): void {
    const { person } = track.verdict;
    const isYielding = person !== null && this.#mustYield(track, person.id, this.#nowMs);
    this.#teller.settle(track, isYielding ? null : person, this.#nowMs, this.#galleryVersion);
  }

  #leave(track: FaceTrack): void {
    this.#teller.leave(track, this.#nowMs, this.#galleryVersion);
    if (track.confirmed) this.#recent.add(this.#accountOf(track, true), this.#nowMs);
  }
}
