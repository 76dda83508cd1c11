import { expect, test } from 'vitest';
import { mergedDetections, MOST_PARTS, tilesOf } from '../../pipeline/frames/tiles.js';

const ULTRAFACE = { width: 320, height: 240 };
const SQUARE = { width: 640, height: 640 };

test.each([
  ['4:3', 640, 480],
  ['16:9', 1920, 1080],
  ['16:10', 1280, 800],
  ['1:1', 500, 500],
  ['3:2', 6000, 4000],
  ['21:9', 3440, 1440],
  ['2:1', 2000, 1000],
  ['3:4', 480, 640],
  ['9:16', 720, 1280],
])('a picture of %s is one part, the whole', (_, width, height) => {
  for (const input of [ULTRAFACE, SQUARE])
    expect(tilesOf({ width, height }, input)).toEqual([{ left: 0, top: 0, width, height }]);
});

test.each([
  ['32:9', 2560, 720, 2],
  ['10:1', 4000, 400, 5],
  ['1:2', 600, 1200, 2],
  ['1:4', 480, 1920, 4],
  ['100:1', 10_000, 100, MOST_PARTS],
  ['a line', 3000, 1, MOST_PARTS],
  ['a column', 1, 3000, MOST_PARTS],
])('a picture of %s is parts that overlap and cover it all', (_, width, height, count) => {
  const parts = tilesOf({ width, height }, ULTRAFACE);
  expect(parts).toHaveLength(count);
  expect(parts[0]).toMatchObject({ left: 0, top: 0 });
  const last = parts.at(-1);
  expect([(last?.left ?? 0) + (last?.width ?? 0), (last?.top ?? 0) + (last?.height ?? 0)]).toEqual([width, height]);
  parts.slice(1).forEach((part, index) => {
    const before = parts[index] ?? part;
    const overlap = Math.max(before.left + before.width - part.left, before.top + before.height - part.top);
    expect(overlap).toBeGreaterThanOrEqual(0.5 * Math.min(width, height));
  });
});

test('a face in the overlap is told of once, by the part that has it whole; two beside each other are two', () => {
  const parts = tilesOf({ width: 2560, height: 720 }, ULTRAFACE);
  const face = (x1: number, x2: number, score: number) => ({ x1, y1: 100, x2, y2: 250, score });
  const [first, second] = parts;
  const cut = (first?.left ?? 0) + (first?.width ?? 0);
  const middle = (cut + (second?.left ?? 0)) / 2;
  // Half of it in the first part, all of it in the second.
  const half = face(cut - 60, cut, 0.9);
  const whole = face(cut - 60, cut + 50, 0.99);
  expect(mergedDetections(parts, [[half], [whole]], 0.3, 128)).toEqual([whole]);
  const onMiddle = [face(middle - 62, middle + 58, 0.98), face(middle - 58, middle + 62, 0.97)];
  expect(mergedDetections(parts, [[onMiddle[0] ?? half], [onMiddle[1] ?? half]], 0.3, 128)).toHaveLength(1);
  const two = [face(middle - 130, middle - 10, 0.98), face(middle + 10, middle + 130, 0.97)];
  expect(mergedDetections(parts, [[two[0] ?? half], [two[1] ?? half]], 0.3, 128)).toHaveLength(2);
});

test('a face on the cut is told of once, also where each part sees it a little beyond', () => {
  const parts = tilesOf({ width: 3840, height: 1080 }, ULTRAFACE);
  const [first, second] = parts;
  const cut = ((first?.left ?? 0) + (first?.width ?? 0) + (second?.left ?? 0)) / 2;
  const face = (centre: number) => ({ x1: centre - 60, y1: 100, x2: centre + 60, y2: 250, score: 0.95 });
  for (const [left, right] of [
    [1, -1],
    [-1, 1],
    [10, -10],
  ] as const)
    expect(mergedDetections(parts, [[face(cut + left)], [face(cut + right)]], 0.3, 128)).toHaveLength(1);
});

test('the faces of one part are as the detector found them', () => {
  const faces = [
    { x1: 0, y1: 0, x2: 50, y2: 50, score: 0.9 },
    { x1: 100, y1: 0, x2: 150, y2: 50, score: 0.8 },
  ];
  expect(mergedDetections([{ left: 0, top: 0, width: 640, height: 480 }], [faces], 0.3, 128)).toEqual(faces);
});
