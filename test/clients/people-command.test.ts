// `onlooker enroll` and `onlooker people` as a user runs them, against a scripted gallery.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { finished, onlooker, start } from './program.js';
import { scriptedCameras } from './scripted-cameras.js';
import { scriptedGallery } from './scripted-gallery.js';
import { ScriptedService } from './scripted-service.js';

let folder: string;
let url: string;
let service: ScriptedService;
let gallery: ReturnType<typeof scriptedGallery>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-people-'));
  for (const [name, lastByte] of [
    ['none.jpg', 0],
    ['two.jpg', 1],
    ['blurred.jpg', 2],
    ['good.jpg', 9],
    ['better.jpg', 10],
  ] as const) {
    await writeFile(join(folder, name), Buffer.of(0xff, 0xd8, 0xff, lastByte));
  }
  gallery = scriptedGallery();
  const cameras = scriptedCameras();
  service = await ScriptedService.start({
    onRequest: (request, response) => (request.url?.startsWith('/v1/tracks/') ? cameras : gallery).onRequest(request, response),
  });
  url = service.url;
});
afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});
const run = (...args: string[]) =>
  onlooker(
    args.map((arg) => (/\.(jpg|gallery)$/.test(arg) ? join(folder, arg) : arg)),
    { ONLOOKER_URL: url },
  );
const names = () => [...gallery.people.values()].map(({ name, faces }) => [name, faces]);

test('enroll creates the person, adds to the one of that name the next time, and knows an image it has', async () => {
  expect((await run('enroll', 'Ada', 'good.jpg')).code).toBe(0);
  const again = await run('enroll', 'Ada', 'good.jpg', 'better.jpg');
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/good\.jpg +already enrolled +0\.82\n *better\.jpg +enrolled +0\.82/);
  expect(names()).toEqual([['Ada', 2]]);
});

test('enroll says of each file what happened and why, and exits with 1', async () => {
  const { code, stdout, stderr } = await run(
    'enroll',
    'Ada',
    'none.jpg',
    'two.jpg',
    'blurred.jpg',
    'missing-bytes.jpg',
    'good.jpg',
  ).then(async (first) => {
    expect(first.stderr).toContain('there is no file or folder');
    return run('enroll', 'Ada', 'none.jpg', 'two.jpg', 'blurred.jpg', 'good.jpg');
  });
  expect(stdout).toMatch(/none\.jpg +NO_FACE +no face was found\n/);
  expect(stdout).toMatch(/two\.jpg +SEVERAL_FACES +two faces were found\n/);
  expect(stdout).toMatch(/blurred\.jpg +LOW_QUALITY +the face is blurred: sharpness 0\.08, at least 0\.20 is needed\n/);
  expect(stdout).toMatch(/good\.jpg +enrolled +0\.82\n/);
  expect(stderr).toBe('1 of 4 enrolled for Ada (p1)\n');
  expect(code).toBe(1);
});

test('enroll leaves nobody behind whose every file was refused', async () => {
  const { code, stderr } = await run('enroll', 'Ada', 'none.jpg');
  expect(stderr).toBe('nothing enrolled; Ada was not created\n');
  expect([code, names()]).toEqual([1, []]);
});

test('enroll --json tells the details of a refusal', async () => {
  const { stdout } = await run('enroll', 'Ada', 'blurred.jpg', 'good.jpg', '--json');
  const [refused, enrolled] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(refused).toMatchObject({ person: 'p1', status: 'refused', code: 'LOW_QUALITY', details: { measure: 'sharpness' } });
  expect(enrolled).toMatchObject({ person: 'p1', status: 'enrolled', face: 'f1', quality: 0.82 });
});

test('enroll by external id creates once and adds afterwards; another name under it is refused', async () => {
  await run('enroll', 'Ada', 'good.jpg', '--external-id', 'staff-17');
  expect((await run('enroll', 'Ada', 'better.jpg', '--external-id', 'staff-17')).code).toBe(0);
  expect(names()).toEqual([['Ada', 2]]);
  const wrong = await run('enroll', 'Bob', 'better.jpg', '--external-id', 'staff-17');
  expect(wrong.stderr).toContain('p1 is named "Ada", not "Bob"');
  expect(wrong.code).toBe(1);
});

test('enroll never guesses between two people of one name', async () => {
  for (const id of ['x1', 'x2'])
    gallery.people.set(id, {
      ...{ id, name: 'Ada', external_id: id === 'x2' ? 'staff-2' : null, metadata: {}, created_at: 0, updated_at: 0, faces: 1 },
    });
  const { code, stderr } = await run('enroll', 'Ada', 'good.jpg');
  expect(stderr).toBe(
    'onlooker: 2 people are named "Ada"; say which by --id, or by --external-id:\n' +
      '  x1, 1 face, since 1970-01-01 00:00\n' +
      '  x2, external id staff-2, 1 face, since 1970-01-01 00:00\n',
  );
  const shown = await run('people', 'show', 'Ada');
  expect(shown.stderr).toMatch(/^onlooker: 2 people are named "Ada"; say which by id, or by external id:\n {2}x1,.*\n {2}x2,/);
  expect((await run('people', 'rename', 'staff-2', 'Ada')).code).toBe(0);
  expect(code).toBe(1);
  expect((await run('enroll', 'Ada', 'good.jpg', '--id', 'x2')).code).toBe(0);
  expect((await run('enroll', 'Ada', 'good.jpg', '--id', 'x3')).stderr).toBe('onlooker: there is nobody of the id x3\n');
});

test('a name is found however its accents and spaces are written, and never created twice', async () => {
  expect((await run('enroll', 'Jose\u0301 B', 'good.jpg', '--external-id', 'Jose\u0301')).code).toBe(0);
  expect((await run('enroll', ' José\u00a0 B', 'better.jpg')).code).toBe(0);
  expect((await run('enroll', 'José B', 'better.jpg', '--external-id', 'José')).stdout).toMatch(/already enrolled/);
  expect((await run('people', 'show', 'Jose\u0301\u200b B')).code).toBe(0);
  expect(names()).toEqual([['José B', 2]]);
  expect((await run('people', 'rename', 'José B', 'Zoe\u0308')).code).toBe(0);
  expect(names()).toEqual([['Zoë', 2]]);
});

test.each([
  ['a line separator', 'Ada\u2028B', 'must be one line, without control characters'],
  ['letters that the terminal sent in another encoding', 'Jos\ufffd', 'must be in UTF-8'],
  ['an override', 'Ada\u202e', 'must be without characters that turn the direction of writing'],
  ['nothing that shows', '\u200b', 'must have at least one character that can be seen'],
  ['nothing', ' ', 'must have at least one character that can be seen'],
])('a name with %s is wrong usage, before anything is sent', async (_, name, why) => {
  expect(await run('enroll', name, 'good.jpg')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`the name ${why}`) as string,
  });
  const renamed = await run('people', 'rename', 'x1', name);
  expect(renamed).toMatchObject({ code: 2, stderr: expect.stringContaining(`the new name ${why}`) as string });
  expect(names()).toEqual([]);
});

test('enroll --track takes the faces that were seen; a track that is gone leaves nobody behind', async () => {
  const { code, stdout, stderr } = await run('enroll', 'Ada', '--track', 't1');
  expect(stdout).toMatch(/^FACE +QUALITY\nf1 +0\.90\nf2 +0\.90\n$/);
  expect([code, stderr]).toEqual([0, '2 faces enrolled for Ada (p1)\n']);
  const gone = await run('enroll', 'Bob', '--track', 't2');
  expect([gone.code, gone.stderr]).toEqual([1, 'onlooker: There is no such track in view.\n']);
  expect(names().map(([name]) => name)).toEqual(['Ada']);
  expect((await run('enroll', 'Ada')).code).toBe(2);
  expect((await run('enroll', 'Ada', 'good.jpg', '--track', 't1')).code).toBe(2);
});

test('people lists everybody over all pages, with or without "list"', async () => {
  for (const name of ['Ada', 'Bob', 'Cleo']) await run('enroll', name, 'good.jpg');
  const { code, stdout } = await run('people');
  expect(stdout).toMatch(/^ID +NAME +FACES +EXTERNAL ID +UPDATED\np1 +Ada +1 +1970-01-01 00:00\np2 +Bob.*\np3 +Cleo.*\n$/);
  expect(code).toBe(0);
  const json = await run('people', 'list', '--json');
  expect(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { name: string }).name),
  ).toEqual(['Ada', 'Bob', 'Cleo']);
});

test('show, rename and remove take an id or an exact name; a wrong name removes nobody', async () => {
  await run('enroll', 'Ada', 'good.jpg');
  await run('enroll', 'Bob', 'good.jpg');
  expect((await run('people', 'show', 'Ada')).stdout).toMatch(/name +Ada\n[\s\S]*f1 +0\.80 +1,2,3,4/);
  expect((await run('people', 'rename', 'p1', 'Ada Lovelace')).code).toBe(0);
  const wrong = await run('people', 'remove', 'Bob', 'Nobody');
  expect([wrong.code, wrong.stderr]).toEqual([1, 'onlooker: there is nobody of the id, name or external id "Nobody"\n']);
  expect(names()).toEqual([
    ['Ada Lovelace', 1],
    ['Bob', 1],
  ]);
  expect((await run('people', 'rm', 'Ada Lovelace', 'p2')).code).toBe(0);
  expect(names()).toEqual([]);
});

test('export writes the file whole, import reads it, and a damaged file is told', async () => {
  expect((await run('people', 'export', 'all.gallery')).code).toBe(0);
  expect(await readFile(join(folder, 'all.gallery'), 'utf8')).toBe('GALLERY');
  expect((await run('people', 'export', '-')).stdout).toBe('GALLERY');
  expect((await run('people', 'import', 'all.gallery', '--mode', 'replace')).stderr).toBe(
    '1 people added, 0 replaced, 1 kept as they were, 3 faces read\nkept p9\n',
  );
  const damaged = await run('people', 'import', 'good.jpg');
  expect([damaged.code, damaged.stderr]).toEqual([1, 'onlooker: the file is damaged\n']);
  expect((await readdir(folder)).filter((name) => name.includes('part'))).toEqual([]);
  for (const path of ['nowhere', '.', '-']) {
    const { code, stderr } = await run('people', 'import', path);
    expect([code, stderr]).toEqual([1, `onlooker: ${path} is no file that can be read\n`]);
  }
});

test('without a service both commands exit with 3', async () => {
  await service.close();
  for (const args of [['people'], ['enroll', 'Ada', 'good.jpg']]) {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(/^onlooker: No service at http.*: start one with `onlooker serve`/);
    expect(code).toBe(3);
  }
});

test('whoever stopped listening to stderr changes nothing of how a command ends', async () => {
  const child = start(['people', '--url', 'http://127.0.0.1:1']);
  child.stderr.destroy();
  expect((await finished(child)).code).toBe(3);
});
