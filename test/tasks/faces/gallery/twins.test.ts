import { expect, test } from 'vitest';
import { decide } from '../../../../pipeline/tasks/faces/gallery/decision.js';
import { MOST_TWINS } from '../../../../pipeline/tasks/faces/gallery/twins.js';
import { bytesOf, holdsBytes, inPieces, openGallery, temporaryDir } from './fixtures.js';
import { faceOf, unitVector } from './vectors.js';

async function twins(dir = temporaryDir()) {
  const gallery = await openGallery(dir, { purgeDelayMs: 0 });
  const tim = await gallery.createPerson({ name: 'Tim' });
  const ben = await gallery.createPerson({ name: 'Ben' });
  await gallery.addFace(tim.id, faceOf(1));
  await gallery.addFace(ben.id, { ...faceOf(2), twinOf: [tim.id] });
  return { gallery, tim, ben };
}

test('an enrolment declares twins, both ways, and they are so after a restart', async () => {
  const dir = temporaryDir();
  const { gallery, tim, ben } = await twins(dir);
  expect(gallery.person(tim.id)?.twins).toEqual([ben.id]);
  expect(gallery.listPeople({ limit: 10 }).people.map((person) => person.twins)).toEqual([[ben.id], [tim.id]]);
  await gallery.close();
  const again = await openGallery(dir);
  expect(again.twins.areTwins(tim.id, ben.id)).toBe(true);
  expect(again.twins.areTwins(ben.id, tim.id)).toBe(true);
});

test('searches from before a declaration are no evidence any more, and those after it are', async () => {
  const { gallery, tim, ben } = await twins();
  const declared = gallery.version;
  expect(gallery.validSince).toBe(declared);
  expect(gallery.facesSince(declared - 1)).toBeNull();
  await gallery.updatePerson(tim.id, { name: 'Timothy' });
  await gallery.declareTwins(tim.id, ben.id);
  expect(gallery.validSince).toBe(declared);
  await gallery.undeclareTwins(ben.id, tim.id);
  expect(gallery.validSince).toBe(gallery.version);
  expect(gallery.person(tim.id)?.twins).toBeUndefined();
});

test('the same face is enrolled twice, and the second time declares what the first did not', async () => {
  const { gallery, ben } = await twins();
  const third = await gallery.createPerson({ name: 'Third' });
  const known = await gallery.addFace(ben.id, { ...faceOf(2), twinOf: [third.id] });
  expect(known.created).toBe(false);
  expect(gallery.twins.areTwins(ben.id, third.id)).toBe(true);
});

test('a deleted person is nobody’s twin, and nothing of them is left on disk', async () => {
  const dir = temporaryDir();
  const { gallery, tim, ben } = await twins(dir);
  await gallery.deletePerson(ben.id);
  expect(gallery.person(tim.id)?.twins).toBeUndefined();
  await gallery.close();
  expect(holdsBytes(dir, Buffer.from(ben.id))).toBe(false);
  expect((await openGallery(dir)).twins.areTwins(tim.id, ben.id)).toBe(false);
});

test('who has as many twins as anybody may can be merged with, since nobody has more afterwards', async () => {
  const { gallery, tim } = await twins();
  for (let others = gallery.person(tim.id)?.twins?.length ?? 0; others < MOST_TWINS; others++) {
    const { id } = await gallery.createPerson({ name: `Other ${others}` });
    await gallery.declareTwins(tim.id, id);
  }
  const [gone = ''] = gallery.person(tim.id)?.twins ?? [];
  const kept = await gallery.createPerson({ name: 'Kept' });
  await gallery.mergePeople(kept.id, gone);
  expect(gallery.person(tim.id)?.twins).toHaveLength(MOST_TWINS);
  expect(gallery.twins.areTwins(tim.id, kept.id)).toBe(true);
});

test('twins who are merged are one, and who is merged into another leaves them the other twins', async () => {
  const { gallery, tim, ben } = await twins();
  const double = await gallery.createPerson({ name: 'B. W.' });
  await gallery.mergePeople(double.id, ben.id);
  expect(gallery.person(tim.id)?.twins).toEqual([double.id]);
  expect((await gallery.mergePeople(tim.id, double.id)).twins).toBeUndefined();
  expect(gallery.twins.areTwins(tim.id, double.id)).toBe(false);
});

test('an export carries twins, and a gallery without any is a file that older versions read', async () => {
  const { gallery, tim, ben } = await twins();
  const file = await bytesOf(gallery.exportAll());
  expect(file.readUInt32LE(8)).toBe(3);
  const other = await openGallery(temporaryDir());
  await other.importAll(inPieces(file), 'replace');
  expect(other.person(ben.id)?.twins).toEqual([tim.id]);
  await other.deletePerson(ben.id);
  expect((await bytesOf(other.exportAll())).readUInt32LE(8)).toBe(1);
  // Tim is here and stays as he is; Ben comes, and is his twin again.
  expect(await other.importAll(inPieces(file), 'merge')).toMatchObject({ added: 1, kept: [tim.id] });
  expect(other.person(tim.id)?.twins).toEqual([ben.id]);
});

test('an import finds the twin who is here under another id by the external id', async () => {
  const { gallery, tim, ben } = await twins();
  await gallery.updatePerson(tim.id, { external_id: 'staff-1' });
  const file = await bytesOf(gallery.exportAll());
  const other = await openGallery(temporaryDir());
  const here = await other.createPerson({ name: 'Timothy', external_id: 'staff-1' });
  await other.importAll(inPieces(file), 'merge');
  expect(other.person(ben.id)?.twins).toEqual([here.id]);
});

test('nobody is their own twin, nor that of nobody, nor of everybody', async () => {
  const { gallery, tim, ben } = await twins();
  await expect(gallery.declareTwins(tim.id, tim.id)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(gallery.declareTwins(tim.id, 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(gallery.undeclareTwins(tim.id, 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(gallery.addFace(ben.id, { ...faceOf(5), twinOf: ['nobody'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(gallery.size.faces).toBe(2);
  for (let count = 1; count < 16; count++) {
    const { id } = await gallery.createPerson({ name: `${count}` });
    await gallery.declareTwins(tim.id, id);
  }
  const { id } = await gallery.createPerson({ name: 'One more' });
  await expect(gallery.declareTwins(id, tim.id)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
});

test('whoever came after the search and is declared a twin keeps nobody out', async () => {
  const { gallery, tim, ben } = await twins();
  const searched = { galleryVersion: 0, match: 0.4, own: -1 };
  const like = { ...faceOf(9), embedding: unitVector(1), searched };
  await expect(gallery.addFace((await gallery.createPerson({ name: 'C' })).id, like)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect((await gallery.addFace(ben.id, like)).created).toBe(true);
  expect(gallery.twins.areTwins(tim.id, ben.id)).toBe(true);
});

test('a face at the threshold of two twins is of neither, however far apart; one that is near one of them alone is theirs', () => {
  const areTwins = (one: string, other: string): boolean => [one, other].sort().join() === 'ben,tim';
  const rule = { match: 0.4, margin: 0.05, areTwins };
  const person = (id: string, similarity: number) => ({ id, name: id, similarity });
  expect(decide([person('tim', 1), person('ben', 0.4)], rule)).toMatchObject({ person: null, reason: 'ambiguous' });
  expect(decide([person('ben', 0.7), person('ada', 0.5), person('tim', 0.45)], rule).reason).toBe('ambiguous');
  expect(decide([person('tim', 0.7), person('ben', 0.39)], rule).person?.id).toBe('tim');
  expect(decide([person('ada', 0.8), person('ben', 0.5), person('tim', 0.5)], rule).person?.id).toBe('ada');
});
