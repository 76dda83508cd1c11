// All that can be said of one track: when it was seen, what its faces showed, and what was decided of it and why. Pure; it
// holds embeddings and names as they were, so it is for this process alone.
import type { FacePicture } from '../face-pictures.js';
import { bestFaces, isInView, type FaceTrack } from './face-track.js';
import type { TrackingSettings } from './tracking-options.js';
import type { Evidence, TrackDecision } from './votes.js';

/** Times are the caller's, as are those of its faces. */
export interface TrackAccount {
  readonly track: string;
  readonly stream: string;
  readonly state: 'in_view' | 'lost' | 'gone';
  readonly firstMs: number;
  readonly lastMs: number;
  readonly frames: number;
  readonly decision: TrackDecision;
  /** Best first. */
  readonly faces: readonly Evidence[];
  /** What the decision rests on, oldest first. */
  readonly votes: readonly Evidence[];
  /** Of the best face, where the stream's events carry pictures. */
  readonly thumbnail: FacePicture | null;
  readonly rule: Pick<TrackingSettings, 'match' | 'margin' | 'areTwins' | 'voteQuality'>;
  /** Id of the embedder. */
  readonly model: string;
}

export function accountOf(track: FaceTrack, decision: TrackDecision, settings: TrackingSettings, isGone = false): TrackAccount {
  const { stream, model, match, margin, areTwins, voteQuality } = settings;
  return {
    track: track.id,
    stream,
    state: isGone ? 'gone' : isInView(track) ? 'in_view' : 'lost',
    firstMs: track.firstMs,
    lastMs: track.body.seenMs,
    frames: track.frames,
    decision,
    faces: bestFaces(track),
    votes: track.votes,
    thumbnail: track.thumbnail?.picture ?? null,
    rule: { match, margin, areTwins, voteQuality },
    model,
  };
}
