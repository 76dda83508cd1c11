import { expect, test } from 'vitest';
import { withoutParts, withoutWhatIsBeside } from '../../../pipeline/tasks/faces/nested-faces.js';

const LEAST = 0.6;
const box = (left: number, top: number, width: number, height: number, score: number) => ({
  x1: left,
  y1: top,
  x2: left + width,
  y2: top + height,
  score,
});
const head = box(20, 5, 110, 140, 0.9997);

test('a lens inside of a face is no face', () => {
  expect(withoutParts([head, box(30, 50, 36, 30, 0.67)], LEAST)).toEqual([head]);
});

test('spectacles as a whole, and an ear half beside the face, are no faces', () => {
  expect(withoutParts([box(30, 45, 90, 60, 0.7), head], LEAST)).toEqual([head]);
  expect(withoutParts([head, box(8, 60, 20, 40, 0.78)], LEAST)).toEqual([head]);
});

test('a child held before a face, a face on a shirt and one on a poster behind stay faces', () => {
  const child = box(60, 70, 70, 80, 0.98);
  const shirt = box(55, 180, 30, 38, 0.75);
  const poster = box(132, 10, 25, 30, 0.72);
  expect(withoutParts([head, child, shirt, poster], LEAST)).toEqual([head, child, shirt, poster]);
});

test('a blurred child of half the width, cheek to cheek, stays a face', () => {
  const child = box(100, 60, 55, 70, 0.65);
  expect(withoutParts([head, child], LEAST)).toEqual([head, child]);
  expect(withoutWhatIsBeside([head, child])).toEqual([head, child]);
});

test('two clear faces one within the other stay, and so does the smaller one that is surer', () => {
  const small = box(40, 40, 30, 34, 0.99);
  expect(withoutParts([head, small], LEAST)).toEqual([head, small]);
  expect(withoutParts([{ ...head, score: 0.7 }, small], LEAST)).toHaveLength(2);
});

test('what is too weak to begin a track goes on to those that it may continue', () => {
  const weak = box(30, 50, 36, 30, 0.4);
  expect(withoutParts([head, weak], LEAST)).toEqual([head, weak]);
});

test('beside a face that is to be enrolled, the arm of its spectacles is nobody else, and a face at some distance is', () => {
  expect(withoutWhatIsBeside([head, box(2, 60, 17, 34, 0.65)])).toEqual([head]);
  const other = box(170, 20, 40, 50, 0.65);
  expect(withoutWhatIsBeside([head, other])).toEqual([head, other]);
});
