// What a stream shows, by its last frames.
import { expect, test } from 'vitest';
import { SettledClass } from '../../../pipeline/tasks/classify/settled-class.js';

/** Labels of frames, so many ms apart. @returns what was settled after each */
function after(labels: readonly (string | null)[], everyMs = 100): (string | null)[] {
  const settled = new SettledClass();
  return labels.map((label, index) => {
    settled.note(label, index * everyMs);
    return settled.label;
  });
}

test('the first frame settles it, and so does what four of the last five frames show', () => {
  expect(after(['a', 'a', 'a', 'b', 'b', 'b', 'b'])).toEqual(['a', 'a', 'a', 'a', 'a', 'a', 'b']);
});

test('a classifier that wavers changes nothing', () => {
  expect(after(['a', 'a', 'b', 'a', 'b', 'a', 'b', 'a'])).toEqual(new Array(8).fill('a'));
});

test('three classes of which none has most of the frames leave it as it was', () => {
  expect(after(['a', 'a', 'b', 'c', 'b', 'c', 'a', 'b']).at(-1)).toBe('a');
});

test('nothing sure is a decision too', () => {
  expect(after(['a', null, null, null]).at(-1)).toBe('a');
  expect(after(['a', null, null, null, null]).at(-1)).toBe(null);
});

test('where frames are far apart, only the last seconds count', () => {
  expect(after(['a', 'a', 'a', 'a', 'b'], 11_000)).toEqual(['a', 'a', 'a', 'a', 'b']);
});

test('a change is told once', () => {
  const settled = new SettledClass();
  expect(['a', 'b', 'b', 'b', 'b', 'b'].map((label, index) => settled.note(label, index))).toEqual([
    true,
    false,
    false,
    false,
    true,
    false,
  ]);
});
