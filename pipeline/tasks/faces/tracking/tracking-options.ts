// What tracking is set by: every threshold with its unit, its default and where that comes from. docs/tracking.md has the
// measurements behind them.
import type { EnrolledFace } from '../gallery/new-faces.js';
import type { MotionNoise } from '../../../tracks/motion.js';

/** Times in ms, similarities as cosines (-1..1), qualities as in face-quality.ts (0..1). */
export interface TrackingThresholds {
  readonly noise: MotionNoise;
  /** A track is real once seen in so many frames ... */
  readonly confirmFrames: number;
  /** ... or in two that lie so far apart: at a low frame rate the third would come too late. */
  readonly confirmMs: number;
  /** An unconfirmed track ends when so many frames in turn do not show it. */
  readonly unconfirmedMisses: number;
  /** A face that was not seen for so long has left; until then its track can be taken up again by its embedding. */
  readonly leaveMs: number;
  /** A face that was not seen for longer may be another when it is found again. */
  readonly briefMs: number;
  /** A lost track is taken up by place and motion alone for so long; ByteTrack keeps 30 frames. */
  readonly motionMs: number;
  /** Somebody back within this time after being last seen is not told as new; a longer visit is told when it has lasted as long. */
  readonly repeatMs: number;
  /** `appear` waits at most so long for the first embedding, while it may turn out to be somebody who was lost. */
  readonly appearWaitMs: number;

  /** Least time between two embeddings of a track. */
  readonly embedEveryMs: number;
  /** How many embeddings an undecided track gets at that pace; the pauses double from `embedPauseMs` afterwards. */
  readonly embedBurst: number;
  readonly embedPauseMs: number;
  /** Time between two embeddings that are asked for because the gallery has changed, where it goes on changing. */
  readonly galleryPauseMs: number;
  /** A track whose decision stands is looked at again this often. */
  readonly refreshMs: number;
  /** By how much the quality as estimated without embedding must exceed the best embedded so far. */
  readonly improvement: number;
  /** Least time between two doubts of a track (it could be mistaken for another, or was lost and is back) ... */
  readonly doubtEveryMs: number;
  /** ... and between the embeddings that are asked for because of one. */
  readonly doubtPauseMs: number;

  /** Frames whose coarse grids correlate less than this show different scenes: nobody is taken for who was at the same place. */
  readonly sceneCut: number;
  /** A face whose coarse grid correlates less than this with the one before it has to be embedded to be taken for the same. */
  readonly changedLook: number;
  /** A frame is only glanced at where it correlates at least so with the last one that was looked at ... */
  readonly carriedScene: number;
  /** ... and each face, where it is expected, with itself in that. */
  readonly carriedLook: number;
  /** Frames that correlate at least so show a scene in which hardly anything changes. */
  readonly calmScene: number;

  /** From this quality on a face is clear enough to be told from another. */
  readonly clearQuality: number;
  /** Two clear faces at least so similar are one person's ... */
  readonly sameFace: number;
  /** ... and two of which one is soft or small. */
  readonly sameSoftFace: number;
  /** Two clear faces at most so similar are not. */
  readonly otherFace: number;
  /** A face that is so much more like another track's than like its own is the other's. */
  readonly otherLead: number;
  /** Least quality of an embedding that counts for anything. */
  readonly voteQuality: number;
  /** Least sum of qualities of the votes for a person, of at least two votes. */
  readonly decideWeight: number;
  /** One vote alone decides when it lies so far above the match threshold, and leads by as much. */
  readonly sureLead: number;
  /** A similarity this far below the threshold speaks against the person; between, the vote is open. */
  readonly openBand: number;
  /** Least sum of qualities of the votes that overthrow a decision, of at least three votes. */
  readonly changeWeight: number;
}

export const DEFAULT_TRACKING: TrackingThresholds = {
  noise: { detection: 0.08, startSpeed: 4, wander: 5 },
  confirmFrames: 3,
  confirmMs: 150,
  unconfirmedMisses: 2,
  leaveMs: 5_000,
  briefMs: 300,
  motionMs: 1_000,
  repeatMs: 30_000,
  appearWaitMs: 500,
  embedEveryMs: 100,
  embedBurst: 4,
  embedPauseMs: 1_000,
  galleryPauseMs: 1_000,
  refreshMs: 10_000,
  improvement: 0.1,
  doubtEveryMs: 500,
  doubtPauseMs: 300,
  sceneCut: 0.5,
  changedLook: 0.85,
  carriedScene: 0.9,
  carriedLook: 0.9,
  calmScene: 0.95,
  clearQuality: 0.6,
  sameFace: 0.5,
  sameSoftFace: 0.65,
  otherFace: 0.25,
  otherLead: 0.2,
  voteQuality: 0.3,
  decideWeight: 0.8,
  sureLead: 0.2,
  openBand: 0.1,
  changeWeight: 1.5,
};

export interface TrackingOptions extends Partial<TrackingThresholds> {
  /** Id of the stream, for its events. */
  readonly stream: string;
  /** Id of the embedder, for events. */
  readonly model: string;
  /** Least cosine of a named person, and least lead over the second best; of the pack. */
  readonly match: number;
  readonly margin: number;
  /** As of `MatchRule`. */
  readonly areTwins?: ((one: string, other: string) => boolean) | undefined;
  /** Whether somebody was declared to be another than a person who resembles them. */
  readonly hasTwins?: ((id: string) => boolean) | undefined;
  /** Least detector score of a face that may begin a track: the pack's detection threshold. */
  readonly highScore: number;
  /** Ids of tracks: unique over restarts, sorting by time. */
  readonly newId: () => string;
  /** Version of the gallery at the beginning. */
  readonly galleryVersion: number;
  /** Whether it is to be told of each face what it is taken for beside who it is. */
  readonly wantsAttributes?: boolean;
  /** The faces that have come into the gallery after a version; null where it has changed otherwise too. By default null. */
  readonly facesSince?: (galleryVersion: number) => readonly EnrolledFace[] | null;
}

export type TrackingSettings = TrackingThresholds & TrackingOptions;
