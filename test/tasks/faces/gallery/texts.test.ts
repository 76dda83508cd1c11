// Texts that a strict client could not read, and fields with odd names: refused or kept, never dropped in silence.
import { expect, test } from 'vitest';
import { encodePerson } from '../../../../pipeline/tasks/faces/gallery/records.js';
import { RecordStore } from '../../../../pipeline/store/record-store.js';
import { bytesOf, inPieces, openGallery, temporaryDir } from './fixtures.js';
import { fileOf, header, person } from './gallery-files.js';

const HALF = '\ud83d';

test.each([
  ['a name with half a surrogate pair', { name: `A${HALF}` }],
  ['the other half alone', { name: '\ude00 A' }],
  ['an external id with one', { name: 'A', external_id: `x${HALF}` }],
  ['metadata with one', { name: 'A', metadata: { list: [{ text: HALF }] } }],
  ['metadata with one in the name of a field', { name: 'A', metadata: { inner: { [HALF]: 1 } } }],
  ['a name of two lines', { name: 'A\nB' }],
  ['a name with NUL', { name: 'A\0' }],
])('%s is BAD_MESSAGE', async (_, input) => {
  const gallery = await openGallery(temporaryDir());
  await expect(gallery.createPerson(input)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  const { id } = await gallery.createPerson({ name: 'A' });
  await expect(gallery.updatePerson(id, input)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(gallery.version).toBe(1);
});

test('whole pairs are text like any other', async () => {
  const gallery = await openGallery(temporaryDir());
  const input = { name: 'Ada 😀', external_id: '😀', metadata: { '😀': ['😀'] } };
  expect(await gallery.createPerson(input)).toMatchObject(input);
});

test('what older files and stores hold of it is mended as it is read', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const broken = { name: `A${HALF}`, external_id: `x${HALF}`, metadata: { [HALF]: [HALF, 1] } };
  const mended = { name: 'A\ufffd', external_id: 'x\ufffdd83d', metadata: { '\ufffd': ['\ufffd', 1] } };
  await gallery.importAll(
    inPieces(fileOf([header(2, 0), person('a', broken), person('b', { external_id: 'x\ude00' })])),
    'merge',
  );
  expect(gallery.person('a')).toMatchObject(mended);
  await gallery.close();
  // As a version wrote it that did not look.
  const store = RecordStore.open(dir, { file: 'gallery', name: 'gallery', whenDamaged: '' });
  const old = encodePerson({ id: 'c', ...broken, external_id: '\ud800', created_at: 1, updated_at: 1 });
  await store.commit([{ key: 'person:c', value: old }]);
  await store.close();
  const again = await openGallery(dir);
  expect(again.person('a')).toMatchObject(mended);
  expect(again.person('c')).toMatchObject({ ...mended, external_id: '\ufffdd800' });
});

test('fields of metadata are data, whatever they are called, and come back from disk and file', async () => {
  const text =
    '{"__proto__":{"admin":true},"constructor":{"prototype":{"a":1}},"list":[{"__proto__":[1],"toString":null}],"hasOwnProperty":2}';
  const metadata = JSON.parse(text) as Record<string, unknown>;
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const { id } = await gallery.createPerson({ name: 'A', metadata });
  await gallery.updatePerson(id, { name: 'B' });
  const keptBy = (of: typeof gallery): string => JSON.stringify(of.person(id)?.metadata);
  expect(keptBy(gallery)).toBe(text);
  const file = await bytesOf(gallery.exportAll());
  await gallery.close();
  expect(keptBy(await openGallery(dir))).toBe(text);
  const other = await openGallery(temporaryDir());
  await other.importAll(inPieces(file), 'merge');
  expect(keptBy(other)).toBe(text);
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
});

const APART = 'Jose\u0301';
const TOGETHER = 'José';

test('a name and an external id are one however their characters are put together', async () => {
  const gallery = await openGallery(temporaryDir());
  const one = await gallery.createPerson({ name: `  ${APART}  `, external_id: APART });
  expect(one).toMatchObject({ name: TOGETHER, external_id: TOGETHER });
  for (const external_id of [TOGETHER, APART, `${APART}\u200b`]) {
    await expect(gallery.createPerson({ name: 'A', external_id })).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { person: one.id },
    });
  }
  expect(await gallery.updatePerson(one.id, { external_id: APART })).toMatchObject({ external_id: TOGETHER });
});

test.each([
  ['an override', 'Ada\u202egpj'],
  ['a line separator', 'Ada\u2028B'],
  ['nothing to be seen', '\u200b\u2060'],
])('a name, and an external id, with %s is BAD_MESSAGE', async (_, text) => {
  const gallery = await openGallery(temporaryDir());
  await expect(gallery.createPerson({ name: text })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(gallery.createPerson({ name: 'A', external_id: text })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test.each(['merge', 'replace'] as const)(
  'what a file (%s) and an older store hold is found and shown as the rule has it',
  async (mode) => {
    const dir = temporaryDir();
    const gallery = await openGallery(dir);
    const people = [
      person('a', { name: APART, external_id: APART }),
      person('b', { name: 'Ada\u202egpj\nB', external_id: 'x\u200b' }),
      person('c', { name: '\u200b' }),
    ];
    await gallery.importAll(inPieces(fileOf([header(3, 0), ...people])), mode);
    const look = (of: typeof gallery) => of.listPeople({ limit: 10 }).people.map(({ name, external_id }) => [name, external_id]);
    const told = [
      [TOGETHER, TOGETHER],
      ['Adagpj B', 'x'],
      ['\ufffd', null],
    ];
    expect(look(gallery)).toEqual(told);
    await gallery.close();
    const again = await openGallery(dir);
    expect(look(again)).toEqual(told);
    await expect(again.createPerson({ name: 'A', external_id: TOGETHER })).rejects.toMatchObject({ code: 'CONFLICT' });
    // The file of another service that knows the same person.
    const report = await again.importAll(inPieces(fileOf([header(1, 0), person('z', { external_id: TOGETHER })])), 'merge');
    expect(report).toMatchObject({ added: 0, kept: ['z'] });
  },
);

test('two whom older versions kept apart by form alone are both there, and can be exported and imported', async () => {
  const twins = [person('a', { external_id: APART }), person('b', { external_id: TOGETHER })];
  const gallery = await openGallery(temporaryDir());
  await gallery.importAll(inPieces(fileOf([header(2, 0), ...twins])), 'merge');
  const { people } = gallery.listPeople({ limit: 10 });
  expect(people.map(({ id }) => id)).toEqual(['a', 'b']);
  await expect(gallery.createPerson({ name: 'C', external_id: APART })).rejects.toMatchObject({ details: { person: 'a' } });
  const other = await openGallery(temporaryDir());
  await other.importAll(inPieces(await bytesOf(gallery.exportAll())), 'replace');
  expect(other.listPeople({ limit: 10 }).people).toEqual(people);
  await gallery.deletePerson('a');
  expect(await gallery.updatePerson('b', { external_id: TOGETHER })).toMatchObject({ external_id: TOGETHER });
});
