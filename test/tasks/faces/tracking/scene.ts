// Made-up people walking through a picture: boxes, embeddings and evidence without pictures, the same for the same seed.
import type { FoundFace } from '../../../../pipeline/lanes/lane-protocol.js';
import { StreamTracks, type Sight } from '../../../../pipeline/tasks/faces/tracking/stream-tracks.js';
import {
  DEFAULT_TRACKING,
  type TrackingOptions,
  type TrackingSettings,
} from '../../../../pipeline/tasks/faces/tracking/tracking-options.js';
import type { Evidence } from '../../../../pipeline/tasks/faces/tracking/votes.js';

/** Mulberry32: small, even, and the same everywhere. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function faceAt(x: number, y: number, size = 60, score = 0.95): FoundFace {
  return { x1: x - size / 2, y1: y - size / 2, x2: x + size / 2, y2: y + size / 2, score };
}

const DIMENSIONS = 16;
/** What person `index` looks like; two people have a cosine of 0. Mixed with the next one where `blend` is over 0. */
export function looksOf(index: number, blend = 0): Float32Array {
  const embedding = new Float32Array(DIMENSIONS);
  embedding[index % DIMENSIONS] = Math.sqrt(1 - blend ** 2);
  embedding[(index + 1) % DIMENSIONS] = blend;
  return embedding;
}

/** Evidence of somebody; `similar` are the gallery's people and cosines, best first. */
export function evidence(
  similar: Readonly<Record<string, number>>,
  more: Partial<Evidence> & { readonly quality?: number } = {},
): Evidence {
  return {
    atMs: 0,
    quality: 0.8,
    measures: { sizePx: 60, sharpness: 200, yawDegrees: 0, pitchDegrees: 0, score: 0.95 },
    embedding: looksOf(0),
    candidates: Object.entries(similar).map(([id, similarity]) => ({ id, name: id.toUpperCase(), similarity })),
    galleryVersion: 1,
    box: [0, 0, 60, 60],
    ...more,
  };
}

export function settings(more: Partial<TrackingOptions> = {}): TrackingSettings {
  let count = 0;
  return {
    ...DEFAULT_TRACKING,
    stream: 'door',
    model: 'embedder',
    match: 0.4,
    margin: 0.05,
    highScore: 0.6,
    newId: () => `t${++count}`,
    galleryVersion: 1,
    ...more,
  };
}

export const streamTracks = (more: Partial<TrackingOptions> = {}): StreamTracks => new StreamTracks(settings(more));

/** Somebody in a frame. */
export interface Actor {
  readonly face: FoundFace;
  readonly show: (atMs: number) => Evidence;
}

/** One frame: what is asked for is embedded at once. @returns the track of each face; null where it has none */
export function play(tracks: StreamTracks, actors: readonly Actor[], atMs: number): (string | null)[] {
  const sights: readonly (Sight | null)[] = tracks.see(
    actors.map(({ face }) => face),
    atMs,
    1,
  );
  sights.forEach((sight, at) => {
    const actor = actors[at];
    if (sight?.embed !== true || actor === undefined) return;
    const { x1, y1, x2, y2 } = actor.face;
    tracks.learn(sight, { ...actor.show(atMs), atMs, box: [x1, y1, x2 - x1, y2 - y1] });
  });
  return sights.map((sight) => sight && tracks.decision(sight).track);
}
