// `onlooker evaluate` as a user runs it, against a real service with a network of a few nodes and real faces.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../../fixtures.js';
import { tinyClassifier } from '../../models/served/tiny-classifier.js';
import { startService, type RunningService } from '../../server/support/service.js';
import { onlooker } from '../program.js';

let folder: string;
let service: RunningService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-evaluate-'));
  const version = join(folder, 'models', 'colours', '1');
  await mkdir(version, { recursive: true });
  await writeFile(join(version, 'model.onnx'), tinyClassifier());
  await writeFile(join(version, 'classes.txt'), 'nothing\ngreen\nother');
  await writeFile(join(version, 'manifest.json'), JSON.stringify({ input: { preprocessing: 'none' } }));
  for (const [label, r, g] of [
    ['green', 0, 255],
    ['other', 255, 0],
    // A red one among the green.
    ['green', 255, 0],
  ] as const) {
    const path = join(folder, 'held-back', label);
    await mkdir(path, { recursive: true });
    const create = { width: 32, height: 24, channels: 3, background: { r, g, b: 0 } } as const;
    await sharp({ create })
      .png()
      .toFile(join(path, `${r}.png`));
  }
  service = await startService({ ONLOOKER_MODEL_DIR: join(folder, 'models') });
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => onlooker(['evaluate', ...args], { ONLOOKER_URL: service.url });

test('a classifier is measured, its report shows what it took for what, and limits decide how it ends', async () => {
  const data = ['-t', 'classify', '--data', join(folder, 'held-back')];
  const report = join(folder, 'report.html');
  const saved = join(folder, 'monday.json');
  const first = await run(...data, '--report', report, '--save', saved, '--limit', 'accuracy>=0.6');
  expect(first.stdout).toMatch(/accuracy +0\.6667/);
  expect(first.code).toBe(0);
  const page = await readFile(report, 'utf8');
  expect(page).toMatch(/<figcaption>other [\d.]+, is green<br>/);
  expect(page.match(/<img /g)).toHaveLength(1);
  const second = await run(...data, '--baseline', saved, '--limit', 'accuracy>=0.9', '--limit', 'drift_scores<=0.1', '--json');
  expect(JSON.parse(second.stdout)).toMatchObject({
    task: 'classify',
    model: 'colours@1',
    figures: { accuracy: 2 / 3, change_accuracy: 0, drift_scores: 0, drift_told: 0 },
    broken: ['accuracy >= 0.9: it is 0.6667'],
  });
  expect(second.stderr).toContain('onlooker: accuracy >= 0.9: it is 0.6667');
  expect(second.code).toBe(1);
  const wrong = await run('-t', 'verify', '--data', 'pairs.csv', '--baseline', saved);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is of the task classify, not of verify')]);
});

test('pairs of faces and people by name are measured, and a picture that cannot be looked at is told', async () => {
  const people = join(folder, 'people');
  await mkdir(join(people, 'Franck'), { recursive: true });
  await mkdir(join(people, 'unknown'), { recursive: true });
  const [one, other] = [join(people, 'Franck', 'one.jpg'), join(people, 'Franck', 'other.jpg')];
  await copyFile(await fixture('franck_01829.jpg'), one);
  await sharp(one).resize({ width: 480 }).jpeg().toFile(other);
  await writeFile(join(people, 'unknown', 'broken.jpg'), 'no picture');
  await writeFile(join(people, 'pairs.csv'), 'file_x,file_y,Decision\nFranck/one.jpg,Franck/other.jpg,Yes\n');

  const pairs = await run('-t', 'verify', '--data', join(people, 'pairs.csv'), '--limit', 'tpr>=1');
  expect(pairs.stdout).toMatch(/tpr +1\n/);
  expect(pairs.stdout).toMatch(/fpr +-\n/);
  expect(pairs.code).toBe(0);

  const strangers = await run('-t', 'identify', '--data', people, '--json');
  expect(JSON.parse(strangers.stdout)).toMatchObject({ figures: { named: 0, fnir: 1 }, failed: 1 });
  expect(strangers.stderr).toMatch(/left out: .*broken\.jpg/);
  expect(strangers.code).toBe(1);
  expect((await onlooker(['enroll', 'Franck', one], { ONLOOKER_URL: service.url })).code).toBe(0);
  await rm(join(people, 'unknown', 'broken.jpg'));
  const known = await run('-t', 'identify', '--data', people, '--limit', 'fnir<=0');
  expect(known.stdout).toMatch(/named +1\n/);
  expect(known.code).toBe(0);
});

test('data that says nothing, and limits that are none, are wrong usage', async () => {
  await writeFile(join(folder, 'pairs.csv'), 'a.jpg,b.jpg,Yes\nc.jpg,d.jpg,perhaps\n');
  const pairs = await run('-t', 'verify', '--data', join(folder, 'pairs.csv'));
  expect([pairs.code, pairs.stderr]).toEqual([1, expect.stringContaining('line 2 says neither yes nor no')]);
  const held = join(folder, 'held-back');
  await writeFile(join(folder, 'labels.csv'), `file,label\n${join(held, 'green', '0.png')},green\nnowhere.png,green\n`);
  const missing = await run('-t', 'classify', '--data', join(folder, 'labels.csv'));
  expect(missing.stdout).toMatch(/accuracy +1\n/);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/left out: .*nowhere\.png: /)]);
  expect((await run('-t', 'classify', '--data', join(folder, 'models'))).stderr).toContain('holds no pictures with labels');
  expect((await run('-t', 'classify', '--data', folder, '--limit', 'accuracy=1')).code).toBe(2);
  expect((await run('-t', 'guess', '--data', folder)).code).toBe(2);
});
