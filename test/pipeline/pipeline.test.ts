// The pipeline as a whole, without any network: real images in, payloads out.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FrameResult } from '../../pipeline/streams/frame-result.js';
import { Gallery, type GallerySnapshot } from '../../pipeline/tasks/faces/gallery/gallery.js';
import { Pipeline } from '../../pipeline/pipeline.js';
import type { PipelineOptions } from '../../pipeline/pipeline-options.js';
import type { NamedFace, OkPayload } from '../../protocol/payloads.js';
import { defaultPack } from '../fixtures.js';
import { imageOf, pipelineOptions } from './frames.js';

let pipeline: Pipeline;
const outcomes: string[] = [];
beforeAll(async () => {
  const observer = {
    received: () => undefined,
    stage: () => undefined,
    carried: () => undefined,
    batch: () => undefined,
    decided: () => undefined,
    frame: (outcome: string) => outcomes.push(outcome),
  };
  pipeline = await Pipeline.start(await pipelineOptions({ observer }));
});
afterAll(async () => pipeline.close());

const frame = (image: Uint8Array, seq: number) => ({ image, seq, ts: null, receivedAtMs: performance.now() });
function facesOf(payload: FrameResult['outcome'] | OkPayload): readonly NamedFace[] {
  if (payload.status !== 'ok' || !('faces' in payload)) throw new Error(JSON.stringify(payload));
  return payload.faces as readonly NamedFace[];
}

describe('single images', () => {
  test.each([
    ['sample1.jpg', 3],
    ['sample2.jpg', 3],
    ['sample3.jpg', 3],
    ['sample4.jpg', 4],
    ['sample5.jpg', 5],
    ['sample6.jpg', 4],
    ['ironman.jpg', 0],
  ])('%s shows %i faces', async (name, count) => {
    const answer = await pipeline.recognise(await imageOf(name), { task: 'detect' });
    expect(facesOf(answer)).toHaveLength(count);
  });

  test('points lie inside their box, left eye left of the right eye, eyes above the mouth', async () => {
    for (const face of facesOf(await pipeline.recognise(await imageOf('sample6.jpg'), { task: 'detect' }))) {
      const [x, y, width, height] = face.box;
      const [leftEye, rightEye, , leftMouth, rightMouth] = face.landmarks;
      for (const [px, py] of face.landmarks) {
        expect(px).toBeGreaterThan(x - width * 0.2);
        expect(px).toBeLessThan(x + width * 1.2);
        expect(py).toBeGreaterThan(y);
        expect(py).toBeLessThan(y + height);
      }
      expect(leftEye[0]).toBeLessThan(rightEye[0]);
      expect(leftEye[1]).toBeLessThan(leftMouth[1]);
      expect(rightEye[1]).toBeLessThan(rightMouth[1]);
    }
  });

  test('a region keeps the faces whose centre lies inside, in pixels of the whole frame', async () => {
    const all = facesOf(await pipeline.recognise(await imageOf('sample6.jpg'), { task: 'detect' }));
    const answer = await pipeline.recognise(await imageOf('sample6.jpg'), { task: 'detect', region: [0, 0, 0.5, 1] });
    const left = facesOf(answer);
    const boxes = all.map(({ box }) => box).filter(([x, , width]) => x + width / 2 <= answer.width / 2);
    expect(left.map(({ box }) => box)).toEqual(boxes);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(all.length);
  });

  test('min_face is the longer side in pixels of the frame', async () => {
    const all = facesOf(await pipeline.recognise(await imageOf('sample5.jpg'), { task: 'detect' }));
    const sizes = all.map(({ box }) => Math.max(box[2], box[3])).sort((a, b) => a - b);
    // Boxes are told in hundredths of a pixel.
    const middle = (sizes[2] ?? 0) - 0.01;
    const large = facesOf(await pipeline.recognise(await imageOf('sample5.jpg'), { task: 'detect', minFacePx: middle }));
    expect(large).toHaveLength(sizes.filter((size) => size >= middle).length);
  });

  test('an embedding is a unit vector of little-endian float32', async () => {
    const answer = await pipeline.recognise(await imageOf('franck_01829.jpg'), { task: 'embed' });
    const [face] = facesOf(answer) as unknown as { embedding: Uint8Array; dim: number }[];
    expect(face?.dim).toBe(512);
    expect(face?.embedding.byteLength).toBe(2048);
    const view = new DataView(face?.embedding.buffer as ArrayBuffer, face?.embedding.byteOffset);
    let squares = 0;
    for (let at = 0; at < 512; at++) squares += view.getFloat32(at * 4, true) ** 2;
    expect(squares).toBeCloseTo(1, 4);
  });

  test.each([
    ['empty', new Uint8Array(), 'BAD_IMAGE'],
    ['text', new TextEncoder().encode('hello'), 'UNSUPPORTED_MEDIA'],
    ['too large', new Uint8Array(5 * 1024 * 1024 + 1), 'TOO_LARGE'],
  ])('what is %s is refused by its code', async (_, image, code) => {
    await expect(pipeline.recognise(image, { task: 'faces' })).rejects.toMatchObject({ code });
  });

  test('a task or model that is not loaded is told', () => {
    expect(() => pipeline.openStream({ task: 'classify' }, () => undefined)).toThrow(/classify/);
    expect(() => pipeline.openStream({ task: 'faces', model: 'other/model' }, () => undefined)).toThrow(/default\/fr_feature/);
  });
});

describe('streams', () => {
  test('an image is copied when it is handed in, since the socket takes its bytes back', async () => {
    const results: FrameResult[] = [];
    const stream = pipeline.openStream({ task: 'detect' }, (result) => results.push(result));
    const image = await imageOf('cage.jpg');
    for (const seq of [0, 1]) {
      const bytes = new Uint8Array(image);
      stream.push(frame(bytes, seq));
      bytes.fill(0);
    }
    await stream.close('finish');
    for (const { outcome } of results) expect(facesOf(outcome)).toHaveLength(1);
  });

  test('a flood, good and bad frames mixed, is answered once each and in order', async () => {
    const results: FrameResult[] = [];
    const stream = pipeline.openStream({ task: 'faces' }, (result) => results.push(result));
    const [good, bad] = [await imageOf('cage.jpg'), (await imageOf('cage.jpg')).subarray(0, 9000)];
    outcomes.length = 0;
    for (let seq = 0; seq < 120; seq++) {
      stream.push(frame(new Uint8Array(seq % 5 === 4 ? bad : good), seq));
      if (seq % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 15));
    }
    const stats = await stream.close('finish');
    expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, seq) => seq));
    expect(stats.received).toBe(120);
    expect(stats.ok + stats.dropped + stats.errors).toBe(120);
    expect(stats.ok).toBeGreaterThan(0);
    expect(stats.dropped).toBeGreaterThan(0);
    expect(outcomes).toHaveLength(120);
  });

  test('a client within its credits loses nothing, and gets the same answers as alone', async () => {
    const names = ['franck_01829.jpg', 'cage.jpg', 'sample4.jpg', 'audrey.jpg'];
    const alone = new Map<string, readonly NamedFace[]>();
    for (const name of names) alone.set(name, facesOf(await pipeline.recognise(await imageOf(name), { task: 'detect' })));
    // Four streams at once, so that frames of different streams share batches.
    await Promise.all(
      names.map(async (name) => {
        const image = await imageOf(name);
        let next = 0;
        await new Promise<void>((resolve) => {
          const stream = pipeline.openStream({ task: 'detect' }, ({ outcome, seq }) => {
            expect(facesOf(outcome)).toEqual(alone.get(name));
            if (next < 12) push();
            else if (seq === 11) void stream.close('finish').then(() => resolve());
          });
          const push = (): void => stream.push(frame(new Uint8Array(image), next++));
          for (let credit = 0; credit < stream.credits; credit++) push();
        });
      }),
    );
  });

  test('a frame that has waited past the deadline is answered as dropped', async () => {
    const hurried = await Pipeline.start(await pipelineOptions({ deadlineMs: 1, lanes: 1, credits: 8 }));
    const results: FrameResult[] = [];
    const stream = hurried.openStream({ task: 'faces' }, (result) => results.push(result));
    const image = await imageOf('sample6.jpg');
    for (let seq = 0; seq < 8; seq++) stream.push(frame(new Uint8Array(image), seq));
    await stream.close('finish');
    expect(results.map(({ outcome }) => (outcome.status === 'dropped' ? outcome.reason : outcome.status))).toContain('deadline');
    await hurried.close();
  });

  test('closing drains: what is in hand is answered, what waits is dropped, nothing new is taken', async () => {
    const draining = await Pipeline.start(await pipelineOptions({ lanes: 1, credits: 8 }));
    const results: FrameResult[] = [];
    const stream = draining.openStream({ task: 'faces' }, (result) => results.push(result));
    const image = await imageOf('sample6.jpg');
    for (let seq = 0; seq < 8; seq++) stream.push(frame(new Uint8Array(image), seq));
    await draining.close();
    const told = results.map(({ outcome }) => (outcome.status === 'dropped' ? outcome.reason : outcome.status));
    expect(told).toHaveLength(8);
    expect(told[0]).toBe('ok');
    expect(told.at(-1)).toBe('draining');
    expect(draining.missing()).toEqual(['draining']);
    expect(() => draining.openStream({ task: 'faces' }, () => undefined)).toThrow();
  });

  describe('when every lane has died', () => {
    /** A gallery whose next snapshot is none: each lane's thread throws outside of any job, which nothing can answer for. */
    async function mortal(more: Partial<PipelineOptions>) {
      const dir = await mkdtemp(join(tmpdir(), 'onlooker-mortal-'));
      const { embedder } = await defaultPack();
      if (embedder === undefined) throw new Error('the default pack has an embedder');
      const gallery = await Gallery.open({ dir, model: { id: embedder.id, sha256: embedder.sha256, dim: embedder.dim } });
      const told = vi.spyOn(gallery, 'onSnapshot');
      const mortal = await Pipeline.start(await pipelineOptions({ gallery, ...more }));
      const useGallery = told.mock.calls[0]?.[0];
      return {
        mortal,
        kill: async () => {
          useGallery?.(null as unknown as GallerySnapshot);
          while (mortal.missing().length === 0) await new Promise((resolve) => setImmediate(resolve));
          // Their threads are to start anew with the real one.
          useGallery?.(gallery.snapshot);
        },
        end: async () => {
          await mortal.close();
          await gallery.close();
          await rm(dir, { recursive: true });
        },
      };
    }
    const statesOf = (results: readonly FrameResult[]) =>
      results.map(({ outcome }) => (outcome.status === 'dropped' ? outcome.reason : outcome.status));

    test('frames wait for one to come back, and are answered then', async () => {
      const { mortal: pipeline, kill, end } = await mortal({});
      await kill();
      const results: FrameResult[] = [];
      const image = await imageOf('cage.jpg');
      // More than there is room for inside.
      const streams = Array.from({ length: 8 }, () => pipeline.openStream({ task: 'detect' }, (result) => results.push(result)));
      for (const stream of streams) stream.push(frame(image, 0));
      await Promise.all(streams.map((stream) => stream.close('finish')));
      expect(statesOf(results)).toEqual(Array(8).fill('ok'));
      await end();
    });

    test('frames are dropped by their deadline, and images refused, where none comes back in time', async () => {
      const { mortal: pipeline, kill, end } = await mortal({ deadlineMs: 50 });
      await kill();
      const results: FrameResult[] = [];
      const image = await imageOf('cage.jpg');
      const stream = pipeline.openStream({ task: 'detect' }, (result) => results.push(result));
      stream.push(frame(image, 0));
      await expect(pipeline.recognise(image, { task: 'detect' })).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
      await stream.close('finish');
      expect(statesOf(results)).toEqual(['deadline']);
      await end();
    });

    test('closing does not wait for one', async () => {
      const { mortal: pipeline, kill, end } = await mortal({ deadlineMs: 600_000 });
      await kill();
      const results: FrameResult[] = [];
      const image = await imageOf('cage.jpg');
      const stream = pipeline.openStream({ task: 'detect' }, (result) => results.push(result));
      for (const seq of [0, 1]) stream.push(frame(image, seq));
      const refused = expect(pipeline.recognise(image, { task: 'detect' })).rejects.toMatchObject({ code: 'DRAINING' });
      await pipeline.close();
      await refused;
      expect(statesOf(results)).toEqual(['draining', 'draining']);
      await end();
    });
  });

  test('more bytes than may wait are refused, and those that wait are answered', async () => {
    const small = await Pipeline.start(await pipelineOptions({ lanes: 1, maxWaitingBytes: 400_000, credits: 8 }));
    const results: FrameResult[] = [];
    const image = await imageOf('sample6.jpg');
    const streams = [0, 1, 2, 3].map(() => small.openStream({ task: 'detect' }, (result) => results.push(result)));
    for (const stream of streams) stream.push(frame(new Uint8Array(image), 0));
    for (const stream of streams) await stream.close('finish');
    const codes = results.map(({ outcome }) => (outcome.status === 'error' ? outcome.code : outcome.status));
    expect(codes.filter((code) => code === 'OVERLOADED').length).toBeGreaterThan(0);
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThan(0);
    expect(small.state().waitingBytes).toBe(0);
    await small.close();
  });
});
