// Between two detections the faces of a fast stream are carried on: with their names, where they are, and never on to a
// picture that shows something else. A real service, a real film, and photographs that have nothing to do with each other.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { filmFrames } from './support/film.js';
import { asBody, asJson } from './support/images.js';
import { startService, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

interface Face {
  readonly box: readonly [number, number, number, number];
  readonly track: string | null;
  readonly person: { readonly name: string } | null;
  readonly landmarks: readonly (readonly [number, number])[];
}
type Result = Message & { readonly status: string; readonly carried?: true; readonly faces: readonly Face[] };

const FRAME_MS = 40;
const CREDITS = 8;
let service: RunningService;
let film: Uint8Array[];
let franck: Buffer;

beforeAll(async () => {
  service = await startService({ ONLOOKER_CREDITS: String(CREDITS) });
  film = await filmFrames(await fixture('franck.mp4'), 75);
  franck = await readFile(await fixture('franck_01829.jpg'));
  const created = await fetch(`${service.url}/v1/people`, { method: 'POST', body: asJson({ name: 'Franck' }) });
  const { id } = (await created.json()) as { id: string };
  for (const still of ['franck_01829.jpg', 'franck_02045.jpg', 'franck_02683.jpg']) {
    const body = asBody(await readFile(await fixture(still)));
    const { status } = await fetch(`${service.url}/v1/people/${id}/faces`, { method: 'POST', body });
    expect(status).toBe(201);
  }
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

/** Sends images as a camera of 25 frames a second does, within its credits. @returns all results, in order */
async function play(images: readonly Uint8Array[], fields: Readonly<Record<string, unknown>> = {}): Promise<Result[]> {
  const socket = await Socket.withStream(service.wsUrl, fields);
  const results: Result[] = [];
  const startMs = Date.now();
  for (const [index, image] of images.entries()) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs + index * FRAME_MS - Date.now())));
    // On a busy machine it sends later rather than lose a frame.
    while (index - results.length - socket.inbox.length >= CREDITS) results.push((await socket.next('result')) as Result);
    socket.raw(image);
  }
  while (results.length < images.length) results.push((await socket.next('result')) as Result);
  await socket.close();
  return results;
}

function overlap([ax, ay, aw, ah]: Face['box'], [bx, by, bw, bh]: Face['box']): number {
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (aw * ah + bw * bh - both);
}

describe('on a fast stream', () => {
  test('somebody who stays has his name, his track and his place in every frame, also in those that are not searched', async () => {
    const followed = await play(film);
    const searched = await play(film, { task: 'detect', stream: 'searched' });
    expect(followed.map(({ status }) => status)).toEqual(film.map(() => 'ok'));
    const carried = followed.filter((result) => result.carried);
    expect(carried.length).toBeGreaterThan(film.length / 3);
    expect(await service.metric('onlooker_frames_carried_total')).toBe(carried.length);
    const tracks = new Set(followed.flatMap(({ faces }) => faces.map(({ track }) => track)));
    expect(tracks.size).toBe(1);
    followed.forEach(({ faces, carried: isCarried }, index) => {
      expect(faces).toHaveLength(1);
      const [face] = faces;
      const [there] = searched[index]?.faces ?? [];
      if (face === undefined || there === undefined) throw new Error('a face is missing');
      expect(face.person?.name).toBe('Franck');
      if (isCarried !== true) return;
      expect(overlap(face.box, there.box)).toBeGreaterThan(0.7);
      face.landmarks.forEach(([x, y], point) => {
        const [searchedX, searchedY] = there.landmarks[point] ?? [0, 0];
        expect(Math.hypot(x - searchedX, y - searchedY)).toBeLessThan(there.box[2] * 0.12);
      });
    });
  });

  test('every frame is searched where that is asked for', async () => {
    for (const fields of [{ detect_every: 1 }, { tracking: false }, { task: 'embed' }]) {
      const results = await play(film.slice(0, 20), fields);
      expect(results.filter(({ carried }) => carried)).toEqual([]);
    }
  });

  test('nobody is carried on to another picture, however fast it follows', async () => {
    const strangers = await Promise.all(
      ['SeanConnery.jpg', 'cage.jpg', 'audrey.jpg'].map(async (name) => readFile(await fixture(name))),
    );
    // Each stranger right after frames in which Franck was settled.
    const images = strangers.flatMap((stranger) => [...Array.from({ length: 12 }, () => franck), stranger]);
    const results = await play(images);
    results.forEach(({ faces, carried }, index) => {
      if (images[index] === franck) return;
      expect(carried).toBeUndefined();
      for (const { person } of faces) expect(person).toBeNull();
    });
    expect(results.some(({ carried }) => carried)).toBe(true);
  });

  test('a damaged frame is told as one', async () => {
    const whole = film[0] ?? new Uint8Array();
    const images = Array.from({ length: 24 }, (_, index) => (index % 4 === 3 ? whole.subarray(0, whole.length / 2) : whole));
    const results = await play(images);
    expect(results.map(({ status }) => status)).toEqual(images.map((image) => (image === whole ? 'ok' : 'error')));
  });
});

describe('while far more comes than can be looked at', () => {
  test('nobody is carried on to another picture either, and embeddings are those of an idle service', async () => {
    const stranger = await readFile(await fixture('SeanConnery.jpg'));
    const alone = await embeddings(film.slice(0, 10));
    const floods = await Promise.all(
      Array.from({ length: 6 }, (_, index) => Socket.withStream(service.wsUrl, { stream: `flood-${index}` })),
    );
    let isFlooding = true;
    const flooding = floods.map(async (socket) => {
      for (let count = 0; isFlooding; count++) {
        socket.raw(film[count % film.length] ?? franck);
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
    });
    const images = Array.from({ length: 60 }, (_, index) => (index % 15 === 14 ? stranger : franck));
    const [results, crowded] = [await play(images, { stream: 'mixed' }), await embeddings(film.slice(0, 10))];
    isFlooding = false;
    await Promise.all(flooding);
    await Promise.all(floods.map((socket) => socket.close()));

    results.forEach(({ status, faces }, index) => {
      if (status !== 'ok' || images[index] === franck) return;
      for (const { person } of faces) expect(person).toBeNull();
    });
    expect(crowded.length).toBe(alone.length);
    crowded.forEach((embedding, index) => {
      embedding.forEach((value, at) => expect(Math.abs(value - (alone[index]?.[at] ?? NaN))).toBeLessThan(1e-4));
    });
  });

  async function embeddings(images: readonly Uint8Array[]): Promise<Float32Array[]> {
    const socket = await Socket.withStream(service.wsUrl, { stream: 'embedded', task: 'embed' });
    const found: Float32Array[] = [];
    for (const image of images) {
      socket.raw(image);
      const { faces } = (await socket.next('result')) as unknown as { faces: { embedding: Uint8Array }[] };
      for (const { embedding } of faces) found.push(new Float32Array(new Uint8Array(embedding).buffer));
    }
    await socket.close();
    return found;
  }
});

test('options of a stream that make no sense are refused', async () => {
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  for (const wrong of [
    { detect_every: 0 },
    { detect_every: 11 },
    { detect_every: 1.5 },
    { deadline_ms: 1 },
    { weight: 0 },
    { weight: 'much' },
  ]) {
    socket.send({ t: 'open', stream: 'wrong', ...wrong });
    expect(await socket.nextError()).toBe('BAD_MESSAGE');
  }
  await socket.close();
});
