// Whom a picture probably shows, by its name and folder.
import { expect, test } from 'vitest';
import { nameFromPath } from '../../clients/console/people/file-names.js';

test.each([
  ['anna.jpg', 'Anna'],
  ['anna_berg.jpeg', 'Anna Berg'],
  ['anna-berg-2.png', 'Anna Berg'],
  ['Anna Berg (3).webp', 'Anna Berg'],
  ['anna copy.jpg', 'Anna'],
  ['franck_01829.jpg', 'Franck'],
  ['José Núñez.jpg', 'José Núñez'],
  ['/people/Anna Berg/IMG_2041.jpg', 'Anna Berg'],
  ['team/anna_berg/2.jpg', 'Anna Berg'],
])('%s shows %s', (path, name) => {
  expect(nameFromPath(path)).toBe(name);
});

test.each(['IMG_2041.jpg', 'DSC00021.JPG', 'PXL_20240101.jpg', '12345.png', 'photo 3.jpg', 'DCIM/1.jpg'])(
  'of %s nobody can tell',
  (path) => {
    expect(nameFromPath(path)).toBe('');
  },
);
