import { expect, test } from 'vitest';
import { shortName } from '../../clients/console/components/short-name.js';
import { pushedOut } from '../../clients/console/components/toast-room.js';

const undo = { label: 'Undo' };

test('a fifth message pushes out the oldest', () => {
  expect(pushedOut([{ id: 1 }, { id: 2 }, { id: 3 }])).toEqual([]);
  expect(pushedOut([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }])).toEqual([{ id: 1 }]);
});

test('a deletion is not made final by others that follow: what can be undone is pushed out by nothing', () => {
  const deletions = [1, 2, 3, 4].map((id) => ({ id, action: undo }));
  expect(pushedOut(deletions)).toEqual([]);
  expect(pushedOut([...deletions.slice(0, 3), { id: 9 }, ...deletions.slice(3)])).toEqual([{ id: 9 }]);
});

test('a long name is cut in messages, whole characters at a time', () => {
  expect(shortName('Anna Berg')).toBe('Anna Berg');
  expect(shortName('x'.repeat(200))).toBe(`${'x'.repeat(39)}…`);
  expect(shortName('👩'.repeat(50))).toBe(`${'👩'.repeat(39)}…`);
});
