import { expect, test } from 'vitest';
import { chosenPictures, MOST_FILES } from '../../clients/console/people/dropped-files.js';

// A file of a browser knows its folder too.
const file = (name: string, type = '', content: string | Uint8Array<ArrayBuffer> = 'x', folder = ''): File =>
  Object.assign(new File([content], name, { type }), { webkitRelativePath: folder === '' ? '' : `${folder}/${name}` });

test('what is no picture is left out and counted; hidden files, which nobody chose, are not', async () => {
  const { pictures, notPictures, isCut } = await chosenPictures([
    file('anna.jpg', 'image/jpeg'),
    file('BEN.HEIC'),
    file('list.pdf', 'application/pdf'),
    file('.DS_Store'),
  ]);
  expect(pictures.map(({ path }) => path)).toEqual(['anna.jpg', 'BEN.HEIC']);
  expect(notPictures).toBe(1);
  expect(isCut).toBe(false);
});

test('a whole disk is not taken, and that there is more is told', async () => {
  const { pictures, isCut } = await chosenPictures(Array.from({ length: MOST_FILES + 5 }, (_, index) => file(`${index}.jpg`)));
  expect(pictures.length).toBe(MOST_FILES);
  expect(isCut).toBe(true);
});

test('a picture is told by its bytes where neither its name nor its type says so', async () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
  const { pictures, notPictures } = await chosenPictures([
    file('passport', '', jpeg),
    file('scan.dat', 'application/octet-stream', jpeg),
    file('notes', '', 'Ada'),
  ]);
  expect(pictures.map(({ path }) => path)).toEqual(['passport', 'scan.dat']);
  expect(notPictures).toBe(1);
});

test('what systems put into folders is neither taken nor counted', async () => {
  const { pictures, notPictures } = await chosenPictures([
    file('._anna.jpg', 'image/jpeg'),
    file('anna.jpg', 'image/jpeg', 'x', 'album/__MACOSX'),
    file('Thumbs.db'),
    file('desktop.ini'),
  ]);
  expect([pictures.length, notPictures]).toEqual([0, 0]);
});
