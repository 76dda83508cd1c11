import { expect, test } from 'vitest';
import { chosenPictures, MOST_FILES } from '../../clients/console/people/dropped-files.js';

// A file of a browser knows its folder too.
const file = (name: string, type = ''): File => Object.assign(new File(['x'], name, { type }), { webkitRelativePath: '' });

test('what is no picture is left out and counted; hidden files, which nobody chose, are not', () => {
  const { pictures, notPictures, isCut } = chosenPictures([
    file('anna.jpg', 'image/jpeg'),
    file('BEN.HEIC'),
    file('list.pdf', 'application/pdf'),
    file('.DS_Store'),
  ]);
  expect(pictures.map(({ path }) => path)).toEqual(['anna.jpg', 'BEN.HEIC']);
  expect(notPictures).toBe(1);
  expect(isCut).toBe(false);
});

test('a whole disk is not taken, and that there is more is told', () => {
  const { pictures, isCut } = chosenPictures(Array.from({ length: MOST_FILES + 5 }, (_, index) => file(`${index}.jpg`)));
  expect(pictures.length).toBe(MOST_FILES);
  expect(isCut).toBe(true);
});
