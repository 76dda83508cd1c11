// A stream whose faces are followed: brings the frames, which are worked on side by side, before its tracks in the order
// sent, gives the tracks what was found out, and hands on what they tell. It owns no timer: who owns it calls `tick`.
import type { FaceEvent } from '../../../protocol/events.js';
import type { MatchRule } from './gallery/decision.js';
import type { Gallery } from './gallery/gallery.js';
import { candidatesOf } from './answers.js';
import { qualityOf } from './face-quality.js';
import { boxOf } from '../../geometry/box.js';
import type { FrameView } from '../../images/frame-view.js';
import type { FacePicture, FacePictures } from './face-pictures.js';
import type { ChosenFace, DescribedFace, FrameGuide } from './face-job.js';
import type { FaceAnswer, FoundFace } from './face-items.js';
import { faceLook, sceneLook } from '../../images/brightness-grid.js';
import { PicturedEvents } from './pictured-events.js';
import { Continuity, type FrameSize } from '../../tracks/continuity.js';
import { DetectionPlan } from '../../tracks/detection-plan.js';
import { standstillMs } from '../../threads/running-time.js';
import { sortableIds } from '../../store/sortable-id.js';
import { StreamTracks, type CarriedSight, type Sight } from './tracking/stream-tracks.js';
import type { TrackAccount } from './tracking/track-account.js';
import type { Evidence, TrackDecision } from './tracking/votes.js';

export interface TrackedStreamOptions {
  /** Id of the stream, for its events. */
  readonly stream: string;
  /** Id of the embedder. */
  readonly model: string;
  readonly rule: MatchRule;
  /** The detection threshold: weaker faces begin no track. */
  readonly detectionScore: number;
  readonly gallery: Gallery;
  /** Makes pictures of the best faces, which events carry then; null where none are wanted. */
  readonly pictures: FacePictures | null;
  /** Whether it is to be told of each face what it is taken for beside who it is. */
  readonly wantsAttributes?: boolean;
  /** At least every so many frames is searched for faces; see `DetectionPlan`. */
  readonly detectEvery: number;
  /** Told in order; must not throw. */
  readonly onEvents: (events: readonly FaceEvent[]) => void;
}

/** Tracks of all streams and starts have ids of their own, which sort by time. */
const newTrackId = sortableIds(Date.now);

export class TrackedStream {
  readonly #options: TrackedStreamOptions;
  readonly #tracks: StreamTracks;
  readonly #plan: DetectionPlan;
  readonly #continuity = new Continuity();
  readonly #events: PicturedEvents;
  /** The last frame that was begun has come before the tracks, or never will. */
  #lastSeen: Promise<void> = Promise.resolve();
  /** Up to this version of the gallery those who left it are forgotten. */
  #forgottenVersion: number;
  #stoodMs = standstillMs();

  constructor(options: TrackedStreamOptions) {
    const { stream, model, rule, detectionScore, gallery, wantsAttributes = false } = options;
    this.#options = options;
    this.#events = new PicturedEvents(options.onEvents);
    this.#forgottenVersion = gallery.version;
    this.#plan = new DetectionPlan(options);
    this.#tracks = new StreamTracks({
      stream,
      model,
      ...rule,
      highScore: detectionScore,
      wantsAttributes,
      newId: newTrackId,
      galleryVersion: gallery.version,
      hasTwins: (id) => gallery.twins.hasTwins(id),
      facesSince: (version) => gallery.facesSince(version),
    });
  }

  /** The next frame, in the order sent. @param atMs when it came, `performance.now()` @param bytes of its image */
  begin(atMs: number, bytes: number): TrackedFrame {
    this.#noteStandstill();
    const mayCarry = this.#plan.mayGlance(atMs, this.#tracks.mayCarry(atMs, this.#options.gallery.version));
    return this.#frame(atMs, mayCarry, (size) => this.#continuity.decoded(size, bytes, this.#tracks.isCalm));
  }

  /**
   * The next frame where there is no time to decode it: its faces are carried on if it is not due to be looked at, nothing is
   * open about them, and its bytes go on with the picture.
   * @returns the frame and its size, or null where it has to take its turn
   */
  beginUnseen(atMs: number, image: Uint8Array): { readonly frame: TrackedFrame; readonly size: FrameSize } | null {
    this.#noteStandstill();
    if (!this.#tracks.mayCarry(atMs, this.#options.gallery.version)) return null;
    const size = this.#continuity.continues(image);
    if (size === null || !this.#plan.mayGoUnseen(atMs)) return null;
    return { frame: this.#frame(atMs, true, () => undefined), size };
  }

  #frame(atMs: number, mayCarry: boolean, decoded: (size: FrameSize) => void): TrackedFrame {
    const before = this.#lastSeen;
    let seen: () => void = () => undefined;
    this.#lastSeen = new Promise((resolve) => (seen = resolve));
    return new TrackedFrame(this.#options, this.#tracks, atMs, mayCarry, {
      before,
      seen,
      decoded,
      looked: () => this.#plan.looked(atMs),
      tell: () => this.#tell(),
    });
  }

  /** To be called ten times a second or so: faces leave also when no frames come. */
  tick(): void {
    const { gallery } = this.#options;
    if (this.#forgottenVersion < gallery.lastRemoval) {
      this.#forgottenVersion = gallery.lastRemoval;
      this.#tracks.forgetPeople((id) => gallery.has(id));
      this.#events.forgetPeople((id) => gallery.has(id));
    }
    this.#noteStandstill();
    this.#tracks.tick(performance.now(), gallery.version);
    this.#tell();
  }

  /** Ends every track and tells of it. To be called when no frame is in hand any more; `told` resolves then. */
  end(): void {
    this.#tracks.end(performance.now());
    this.#tell();
  }

  /** Resolves when every event has been handed on: none waits for its picture. */
  told(): Promise<void> {
    return this.#events.settled();
  }

  /** As `StreamTracks.bestOf`. */
  bestOf(trackId: string): readonly Evidence[] | undefined {
    return this.#tracks.bestOf(trackId);
  }

  /** As `StreamTracks.account`. */
  account(trackId: string): TrackAccount | undefined {
    return this.#tracks.account(trackId);
  }

  #noteStandstill(): void {
    const stoodMs = standstillMs();
    if (stoodMs === this.#stoodMs) return;
    this.#stoodMs = stoodMs;
    this.#tracks.stoodStill(performance.now());
  }

  #tell(): void {
    const events = this.#tracks.takeEvents();
    if (events.length > 0) this.#events.add(events);
  }
}

/** What a frame tells its stream, and waits for. */
interface FrameOrder {
  /** The frames before it have come before the tracks. */
  readonly before: Promise<void>;
  /** It has. */
  readonly seen: () => void;
  /** It was decoded, and its scene has come before the tracks. */
  readonly decoded: (size: FrameSize) => void;
  /** A glance did not do. */
  readonly looked: () => void;
  readonly tell: () => void;
}

/**
 * One frame on its way: `carry` where a glance may do, else `choose` and `described` while it is worked on, then `learn`, or
 * `abandon` when that failed.
 */
export class TrackedFrame implements FrameGuide {
  readonly #pictures = new Map<Sight, FacePicture>();
  #sights: readonly Sight[] = [];

  constructor(
    private readonly options: TrackedStreamOptions,
    private readonly tracks: StreamTracks,
    private readonly atMs: number,
    readonly mayCarry: boolean,
    private readonly order: FrameOrder,
  ) {}

  async carry(view: FrameView, isWanted: (face: FoundFace) => boolean): Promise<readonly DescribedFace[] | null> {
    await this.order.before;
    const { width: widthPx, height: heightPx } = view;
    const lookAt = (box: Parameters<typeof faceLook>[1]) => faceLook(view, box);
    const glance = { scene: sceneLook(view), widthPx, heightPx, isWanted, lookAt };
    const carried = this.tracks.carry(glance, this.atMs, this.options.gallery.version);
    if (carried === null) {
      this.order.looked();
      return null;
    }
    return this.#carried(carried);
  }

  /** As `carry` for a frame that nobody has decoded: whoever was there is taken to be there. */
  async carryUnseen({ width, height }: FrameSize, isWanted: (face: FoundFace) => boolean): Promise<readonly DescribedFace[]> {
    await this.order.before;
    const frame = { widthPx: width, heightPx: height, isWanted };
    return this.#carried(this.tracks.carryUnseen(frame, this.atMs, this.options.gallery.version));
  }

  #carried(carried: readonly CarriedSight[]): readonly DescribedFace[] {
    this.order.seen();
    this.#sights = carried;
    return carried.map(({ face, points }) => ({ face, answer: { points } }));
  }

  async choose(faces: readonly FoundFace[], view: FrameView): Promise<readonly ChosenFace[]> {
    await this.order.before;
    const appearance = { scene: sceneLook(view), faces: faces.map((face) => faceLook(view, face)) };
    const sights = this.tracks.see(faces, this.atMs, this.options.gallery.version, appearance);
    this.order.seen();
    this.order.decoded(view);
    this.#sights = sights.filter((sight) => sight !== null);
    return faces.flatMap((face, index): ChosenFace[] => {
      const sight = sights[index] ?? null;
      if (sight === null) return [];
      // An embedding is made as it is of a single image: where earlier frames let its points expect must not show in it.
      if (sight.embed) return [{ face, want: 'all' as const, wantsAttributes: sight.describe }];
      return [{ face, want: 'points' as const, expectedPoints: this.tracks.expectedPoints(sight, face) }];
    });
  }

  described(faces: readonly DescribedFace[], view: FrameView): void {
    this.#sights.forEach((sight, index) => {
      const { face, answer } = faces[index] ?? {};
      if (face !== undefined && answer !== undefined) this.tracks.located(sight, face, answer.points);
    });
    const { pictures } = this.options;
    if (pictures === null) return;
    this.#sights.forEach((sight, index) => {
      const described = faces[index];
      if (described?.answer.measures === undefined) return;
      if (!this.tracks.isWorthPicture(sight, qualityOf(described.answer.measures))) return;
      const picture = pictures.take(view, described.face);
      if (picture !== null) this.#pictures.set(sight, picture);
    });
  }

  /** Gives the tracks what was found out. @returns who each face is, in their order */
  learn(faces: readonly DescribedFace[]): readonly TrackDecision[] {
    this.#sights.forEach((sight, index) => {
      if (!sight.embed) return;
      const { face, answer } = faces[index] ?? {};
      const evidence = face && answer && evidenceOf(sight, face, answer, this.options.gallery);
      if (evidence === undefined) this.tracks.abandon(sight);
      else {
        const thumbnail = this.#pictures.get(sight);
        this.tracks.learn(sight, { ...evidence, ...(thumbnail && { thumbnail }) }, this.options.gallery.validSince);
      }
    });
    const decisions = this.#sights.map((sight) => this.tracks.decision(sight));
    this.order.tell();
    return decisions;
  }

  /** It failed somewhere on its way; those after it must not wait for it. */
  abandon(): void {
    this.order.seen();
    for (const sight of this.#sights) if (sight.embed) this.tracks.abandon(sight);
    this.order.tell();
  }
}

function evidenceOf({ atMs }: Sight, face: FoundFace, answer: FaceAnswer, gallery: Gallery): Evidence | undefined {
  const { measures, embedding, attributes } = answer;
  if (measures === undefined || embedding === undefined) return undefined;
  return {
    atMs,
    quality: qualityOf(measures),
    measures,
    embedding,
    candidates: candidatesOf(answer, gallery),
    galleryVersion: answer.galleryVersion ?? 0,
    box: boxOf(face),
    ...(attributes && { attributes }),
  };
}
