// A stream whose faces are followed: brings the frames, which are worked on side by side, before its tracks in the order
// sent, gives the tracks what was found out, and hands on what they tell. It owns no timer: who owns it calls `tick`.
import type { FaceEvent } from '../protocol/events.js';
import type { MatchRule } from './gallery/decision.js';
import type { Gallery } from './gallery/gallery.js';
import { candidatesOf } from './answers.js';
import { qualityOf } from './face-quality.js';
import { boxOf } from './face-box.js';
import { cutFace, type FaceCut } from './face-picture.js';
import type { ChosenFace, DescribedFace, FrameGuide, FrameView } from './frame-engine.js';
import type { FaceAnswer, FoundFace } from './lane-protocol.js';
import { faceLook, sceneLook } from './picture-look.js';
import { sortableIds } from './store/sortable-id.js';
import { StreamTracks, type Sight, type TrackDecision } from './tracking/stream-tracks.js';
import type { TrackAccount } from './tracking/track-account.js';
import type { Evidence } from './tracking/votes.js';

export interface TrackedStreamOptions {
  /** Id of the stream, for its events. */
  readonly stream: string;
  /** Id of the embedder. */
  readonly model: string;
  readonly rule: MatchRule;
  /** The detection threshold: weaker faces begin no track. */
  readonly detectionScore: number;
  readonly gallery: Gallery;
  /** Whether events carry the best face as a picture. */
  readonly thumbnails: boolean;
  readonly onEvents: (events: readonly FaceEvent[]) => void;
}

/** Tracks of all streams and starts have ids of their own, which sort by time. */
const newTrackId = sortableIds(Date.now);

export class TrackedStream {
  readonly #options: TrackedStreamOptions;
  readonly #tracks: StreamTracks;
  /** The last frame that was begun has come before the tracks, or never will. */
  #lastSeen: Promise<void> = Promise.resolve();
  #peopleVersion: number;

  constructor(options: TrackedStreamOptions) {
    const { stream, model, rule, detectionScore, gallery } = options;
    this.#options = options;
    this.#peopleVersion = gallery.version;
    this.#tracks = new StreamTracks({
      stream,
      model,
      ...rule,
      highScore: detectionScore,
      newId: newTrackId,
      galleryVersion: gallery.version,
    });
  }

  /** The next frame, in the order sent. */
  begin(): TrackedFrame {
    const before = this.#lastSeen;
    let seen: () => void = () => undefined;
    this.#lastSeen = new Promise((resolve) => (seen = resolve));
    return new TrackedFrame(this.#options, this.#tracks, before, seen, () => this.#tell());
  }

  /** To be called about once a second: faces leave also when no frames come. */
  tick(): void {
    const { gallery } = this.#options;
    if (this.#peopleVersion !== gallery.version) {
      this.#peopleVersion = gallery.version;
      this.#tracks.forgetPeople((id) => gallery.person(id) !== undefined);
    }
    this.#tracks.tick(Date.now(), gallery.version);
    this.#tell();
  }

  /** Ends every track and tells of it. To be called when no frame is in hand any more. */
  end(): void {
    this.#tracks.end(Date.now());
    this.#tell();
  }

  /** As `StreamTracks.bestOf`. */
  bestOf(trackId: string): readonly Evidence[] | undefined {
    return this.#tracks.bestOf(trackId);
  }

  /** As `StreamTracks.account`. */
  account(trackId: string): TrackAccount | undefined {
    return this.#tracks.account(trackId);
  }

  #tell(): void {
    const events = this.#tracks.takeEvents();
    if (events.length > 0) this.#options.onEvents(events);
  }
}

/** One frame on its way: `choose` and `described` while it is worked on, then `learn`, or `abandon` when that failed. */
export class TrackedFrame implements FrameGuide {
  readonly #cuts = new Map<Sight, FaceCut>();
  #sights: readonly Sight[] = [];

  constructor(
    private readonly options: TrackedStreamOptions,
    private readonly tracks: StreamTracks,
    private readonly before: Promise<void>,
    private readonly seen: () => void,
    private readonly tell: () => void,
  ) {}

  async choose(faces: readonly FoundFace[], view: FrameView): Promise<readonly ChosenFace[]> {
    await this.before;
    const appearance = { scene: sceneLook(view), faces: faces.map((face) => faceLook(view, face)) };
    const sights = this.tracks.see(faces, Date.now(), this.options.gallery.version, appearance);
    this.seen();
    this.#sights = sights.filter((sight) => sight !== null);
    return faces.flatMap((face, index) => {
      const sight = sights[index] ?? null;
      return sight === null ? [] : [{ face, want: sight.embed ? ('all' as const) : ('points' as const) }];
    });
  }

  described(faces: readonly DescribedFace[], view: FrameView): void {
    if (!this.options.thumbnails) return;
    this.#sights.forEach((sight, index) => {
      const described = faces[index];
      if (described?.answer.measures === undefined) return;
      if (this.tracks.isWorthPicture(sight, qualityOf(described.answer.measures)))
        this.#cuts.set(sight, cutFace(view, described.face));
    });
  }

  /** Gives the tracks what was found out. @returns who each face is, in their order */
  async learn(faces: readonly DescribedFace[]): Promise<readonly TrackDecision[]> {
    const thumbnails = await Promise.all(this.#sights.map(async (sight) => this.#cuts.get(sight)?.toJpeg()));
    this.#sights.forEach((sight, index) => {
      if (!sight.embed) return;
      const { face, answer } = faces[index] ?? {};
      const evidence = face && answer && evidenceOf(sight, face, answer, this.options.gallery);
      if (evidence === undefined) this.tracks.abandon(sight);
      else {
        const thumbnail = thumbnails[index];
        this.tracks.learn(sight, { ...evidence, ...(thumbnail && { thumbnail }) }, this.options.gallery.lastRemoval);
      }
    });
    const decisions = this.#sights.map((sight) => this.tracks.decision(sight));
    this.tell();
    return decisions;
  }

  /** It failed somewhere on its way; those after it must not wait for it. */
  abandon(): void {
    this.seen();
    for (const sight of this.#sights) if (sight.embed) this.tracks.abandon(sight);
    this.tell();
  }
}

function evidenceOf({ atMs }: Sight, face: FoundFace, answer: FaceAnswer, gallery: Gallery): Evidence | undefined {
  const { measures, embedding } = answer;
  if (measures === undefined || embedding === undefined) return undefined;
  return {
    atMs,
    quality: qualityOf(measures),
    measures,
    embedding,
    candidates: candidatesOf(answer, gallery),
    galleryVersion: answer.galleryVersion ?? 0,
    box: boxOf(face),
  };
}
