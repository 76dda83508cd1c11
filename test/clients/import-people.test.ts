// People who come from another system, into a real service: by their embeddings, and by folders of their photographs.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedFace, NamedFace } from '../../protocol/payloads.js';
import { fixture } from '../fixtures.js';
import { asBody } from '../server/support/images.js';
import { startService, type RunningService } from '../server/support/service.js';
import { onlooker } from './program.js';
import { npyOf } from './npy.js';

let folder: string;
let service: RunningService;
let franck: Buffer;
/** Of the photograph, longer than of the length 1, as some networks give them. */
let numbers: number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-people-'));
  service = await startService();
  franck = await readFile(await fixture('franck_01829.jpg'));
  const { faces } = (await ask('embed')) as { faces: (Omit<EmbeddedFace, 'embedding'> & { embedding: string })[] };
  const bytes = Buffer.from(faces[0]?.embedding ?? '', 'base64');
  numbers = Array.from({ length: bytes.length / 4 }, (_, at) => 17 * bytes.readFloatLE(at * 4));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
  await rm(folder, { recursive: true, force: true });
});

const ask = async (task: string): Promise<unknown> =>
  (await fetch(`${service.url}/v1/${task}`, { method: 'POST', body: asBody(franck) })).json();
const run = (...args: string[]) => onlooker(['people', ...args], { ONLOOKER_URL: service.url });
async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
async function nameOf(): Promise<[string | undefined, number | undefined]> {
  const { faces } = (await ask('identify')) as { faces: NamedFace[] };
  return [faces[0]?.person?.name, faces[0]?.person?.similarity];
}
const MADE_BY = ['--made-by', 'default/fr_feature'];

test('embeddings of the same network name who they are of at once, and a second time add nobody', async () => {
  const path = await write('people.csv', `name,external_id,embedding\nFranck,E-7,"${JSON.stringify(numbers)}"\n`);
  const first = await run('import-embeddings', path, ...MADE_BY);
  expect(first.stderr).toBe('1 people added with 1 faces, 0 were there already, 0 of 1 embeddings refused\n');
  expect(first.code).toBe(0);
  const [name, similarity] = await nameOf();
  expect([name, similarity?.toFixed(3)]).toEqual(['Franck', '1.000']);
  const again = await run('import-embeddings', path, ...MADE_BY);
  expect(again.stderr).toContain('0 people added with 0 faces, 1 were there already');
  const people = (await (await fetch(`${service.url}/v1/people`)).json()) as { people: { external_id: string }[] };
  expect(people.people.map(({ external_id }) => external_id)).toEqual(['E-7']);
  expect((await run('remove', 'Franck')).code).toBe(0);
});

test('what cannot be taken in is told with its place and why, and the others are', async () => {
  const rows = [numbers, numbers, numbers.map(() => 0), numbers];
  const path = await write('people.npy', npyOf(rows, '<f8'));
  const names = await write('names.txt', 'Franck\nFranck\nNobody\nTwo\u0007lines\n');
  const { code, stdout } = await run('import-embeddings', path, '--names', names, ...MADE_BY, '--json');
  expect(code).toBe(1);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.slice(0, -1).map(({ place }) => place)).toEqual(['row 2', 'row 3', 'row 4']);
  expect(lines.slice(0, 2).map(({ reason }) => reason)).toEqual([
    'the same stands there before',
    'its numbers are all zero, or one is not finite',
  ]);
  expect(lines.at(-1)).toEqual({ status: 'done', added: 1, kept: 0, faces: 1, refused: 3 });
  const other = await write(
    'other.json',
    JSON.stringify([
      { name: 'Franck', external_id: 'E-8', embedding: numbers },
      { name: 'Short', embedding: [1] },
      { name: 'Ada', external_id: 'E-9', embedding: numbers.map((value) => -value) },
      { name: 'Bob', external_id: 'E-9', embedding: numbers },
    ]),
  );
  const second = await run('import-embeddings', other, ...MADE_BY);
  expect(second.stdout).toMatch(/refused entry 1 \(Franck\): somebody of that name is enrolled already \(import-/);
  expect(second.stdout).toContain('refused entry 2 (Short): 1 numbers instead of 512');
  expect(second.stdout).toContain('refused entry 4 (Bob): the external id E-9 is of somebody before');
  expect(second.code).toBe(1);
  expect((await run('remove', 'Franck', 'Ada')).code).toBe(0);
});

test('embeddings of another network are not taken in at all', async () => {
  const path = await write('other.json', JSON.stringify({ Franck: numbers }));
  const { code, stderr } = await run('import-embeddings', path, '--made-by', 'Facenet512');
  expect(stderr).toContain('embeddings of Facenet512 cannot be compared with its own');
  expect(code).toBe(1);
  const wrong = await run('import-embeddings', await write('people.xlsx', ''), ...MADE_BY);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('none of .csv')]);
});

test('a folder of photographs for each person enrols them, and says what was refused', async () => {
  const photos = join(folder, 'photos');
  for (const name of ['Franck', 'Nobody', '.hidden']) await mkdir(join(photos, name), { recursive: true });
  await copyFile(await fixture('franck_01829.jpg'), join(photos, 'Franck', 'one.jpg'));
  await writeFile(join(photos, 'Nobody', 'broken.jpg'), 'no picture');
  const { code, stdout, stderr } = await run('import-photos', photos);
  expect(stdout).toMatch(/one\.jpg +enrolled/);
  expect(stdout).toMatch(/broken\.jpg +UNSUPPORTED_MEDIA +The bytes are not a JPEG/);
  expect(stderr).toContain('1 of 2 people are enrolled with all of their photographs');
  expect(code).toBe(1);
  expect((await nameOf())[0]).toBe('Franck');
});
