import { expect, test } from 'vitest';
import { joinedByName } from '../../clients/console/people/batch-groups.js';

test('pictures that were given the same name one by one are of one person', () => {
  const groups = [
    { id: 1, name: 'Anna', pictures: ['a'] },
    { id: 2, name: 'Ben', pictures: ['b'] },
    { id: 3, name: ' Anna ', pictures: ['c', 'd'] },
  ];
  expect(joinedByName(groups)).toEqual([
    { id: 1, name: 'Anna', pictures: ['a', 'c', 'd'] },
    { id: 2, name: 'Ben', pictures: ['b'] },
  ]);
});

test('whom a group is added to stays known, whichever of them knew', () => {
  const groups = [
    { id: 1, name: 'Anna', pictures: ['a'] },
    { id: 2, name: 'Anna', person: 'p1', pictures: ['b'] },
  ];
  expect(joinedByName(groups)).toEqual([{ id: 1, name: 'Anna', person: 'p1', pictures: ['a', 'b'] }]);
});
