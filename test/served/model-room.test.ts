// Which models make room for another.
import { expect, test } from 'vitest';
import { madeRoom, type Roomed } from '../../pipeline/served/model-room.js';

const model = (id: string, usedAtMs: number, isNeeded = false): Roomed => ({ id, bytes: 10, usedAtMs, isNeeded });

test.each([
  ['nothing is closed while there is room', [model('a', 1)], 10, 20, []],
  ['the one that was not used for longest goes first', [model('a', 2), model('b', 1)], 10, 20, ['b']],
  ['as many as it takes', [model('a', 2), model('b', 1), model('c', 3)], 20, 30, ['b', 'a']],
  ['one that is needed stays', [model('a', 1, true), model('b', 2)], 10, 20, ['b']],
  ['none where that would not do', [model('a', 1, true), model('b', 2)], 20, 20, null],
  ['none for one that is larger than all room', [], 21, 20, null],
])('%s', (_, open, wanted, limit, closed) => {
  expect(madeRoom(open, wanted, limit)).toEqual(closed);
});
