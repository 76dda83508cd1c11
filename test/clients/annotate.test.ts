// Pictures with names: what is drawn, judged by the decoded pixels.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { annotate, captionOf } from '../../clients/send/annotate.js';
import { renderLabel } from '../../clients/send/label.js';
import type { NamedFace } from '../../protocol/payloads.js';

const FACE: NamedFace = {
  box: [60, 60, 80, 90],
  score: 0.9,
  landmarks: [
    [80, 90],
    [120, 90],
    [100, 110],
    [84, 130],
    [116, 130],
  ],
  quality: 0.8,
  track: null,
  person: { id: 'p1', name: 'Ada', similarity: 0.734 },
};
const ada = { id: 'p1', name: 'Ada', similarity: 0.43 };
const bob = { id: 'p2', name: 'Bob', similarity: 0.42 };
const grey = sharp({ create: { width: 200, height: 200, channels: 3, background: '#808080' } });

async function pixel(image: Buffer, x: number, y: number): Promise<readonly number[]> {
  return [...(await sharp(image).extract({ left: x, top: y, width: 1, height: 1 }).raw().toBuffer())];
}

test('the caption names, doubts or does not know, each in its colour', () => {
  const captions = [
    FACE,
    { ...FACE, person: null, reason: 'ambiguous' as const, candidates: [ada, bob] },
    { ...FACE, person: null, reason: 'below_threshold' as const, candidates: [bob] },
    { ...FACE, person: null, reason: 'empty_gallery' as const },
    { box: FACE.box, score: FACE.score, landmarks: FACE.landmarks },
  ].map(captionOf);
  expect(captions.map(({ text }) => text)).toEqual(['Ada 0.73', 'Ada 0.43 or Bob 0.42?', 'unknown 0.42', 'unknown', '0.90']);
  expect(new Set(captions.map(({ colour }) => colour)).size).toBe(4);
});

test('box and landmarks are drawn where the result says, and nothing elsewhere', async () => {
  const drawn = await annotate(await grey.clone().png().toBuffer(), [FACE]);
  const [r = 0, g = 0, b = 0] = await pixel(drawn, 60, 105);
  expect(g - Math.max(r, b)).toBeGreaterThan(40);
  const [, eye = 0] = await pixel(drawn, 80, 90);
  expect(Math.abs(eye - 128)).toBeLessThan(30);
  expect(await pixel(drawn, 80, 90)).not.toEqual([128, 128, 128]);
  expect((await pixel(drawn, 180, 180)).every((value) => Math.abs(value - 128) <= 2)).toBe(true);
});

test('a picture that lies on its side is turned upright before it is drawn on', async () => {
  const lying = await sharp({ create: { width: 200, height: 100, channels: 3, background: '#808080' } })
    .jpeg()
    .withMetadata({ orientation: 6 })
    .toBuffer();
  const upright = await sharp(await annotate(lying, [])).metadata();
  expect([upright.width, upright.height, upright.orientation]).toEqual([100, 200, undefined]);
});

test('faces at and over the edges, tiny pictures and endless names are no trouble', async () => {
  const tiny = await sharp({ create: { width: 8, height: 8, channels: 4, background: '#0000' } })
    .webp()
    .toBuffer();
  const endless = { ...FACE, box: [-5, -5, 30, 30] as const, person: { ...ada, name: 'W'.repeat(500) } };
  const { width, height } = await sharp(await annotate(tiny, [endless])).metadata();
  expect([width, height]).toEqual([8, 8]);
});

test('a name is never read as markup', async () => {
  const plain = await renderLabel('(b)Ada(/b)', 20);
  for (const name of ['<b>Ada</b>', '</span><span size="99999">', 'a & b &amp; "c"', '<unclosed', 'tab\there\u0000'] as const) {
    const { height } = await renderLabel(name, 20);
    expect(Math.abs(height - plain.height)).toBeLessThanOrEqual(6);
  }
  expect((await renderLabel('<b>Ada</b>', 20)).width).toBeGreaterThan(1.3 * (await renderLabel('Ada', 20)).width);
});

test('glyphs are really drawn, also on a machine without any font', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onlooker-fonts-'));
  try {
    await writeFile(join(folder, 'fonts.conf'), `<?xml version="1.0"?><fontconfig><dir>${folder}</dir></fontconfig>`);
    const module = fileURLToPath(new URL('../../dist/clients/send/label.js', import.meta.url));
    const script = `const { renderLabel } = await import(${JSON.stringify(module)});
      for (const text of ['i', 'W', 'Éloïse Ω']) process.stdout.write((await renderLabel(text, 24)).png.toString('base64') + '\\n');`;
    const env = { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf') };
    const lines = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' })
      .trim()
      .split('\n');
    const [thin = 0, wide = 0, name = 0] = await Promise.all(lines.map((line) => inkOf(Buffer.from(line, 'base64'))));
    // A font's own letters differ in ink; boxes for missing glyphs do not.
    expect(thin).toBeGreaterThan(20);
    expect(wide).toBeGreaterThan(2 * thin);
    expect(name).toBeGreaterThan(2 * wide);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** How many pixels are mostly covered. */
async function inkOf(png: Buffer): Promise<number> {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  let covered = 0;
  for (let i = info.channels - 1; i < data.length; i += info.channels) if ((data[i] ?? 0) > 127) covered += 1;
  return covered;
}
