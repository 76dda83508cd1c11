// What attribute heads say is read as their authors have it, and what they are shown lies inside the picture.
import { describe, expect, test } from 'vitest';
import { attributeFamily } from '../../models/attributes/families.js';
import type { OutputTensor, Outputs } from '../../models/family.js';
import { partAround } from '../../pipeline/tasks/faces/attribute-lane.js';

/** Two items, of which the second is looked at. */
function twice(second: Readonly<Record<string, readonly number[]>>): Outputs {
  const tensor = (values: readonly number[]): OutputTensor => ({
    dims: [2, values.length],
    data: Float32Array.from([...values.map(() => 9), ...values]),
  });
  return Object.fromEntries(Object.entries(second).map(([name, values]) => [name, tensor(values)]));
}
const told = (family: string, outputs: Outputs) => attributeFamily(family)?.decode(outputs, 1);

/** The stages of a regression: chances of three parts each, and how they are moved and widened. */
function stages(chances: readonly number[][], moved: readonly number[], wider: readonly number[]): Outputs {
  const named: Record<string, readonly number[]> = {};
  chances.forEach((values, at) => {
    named[`prob_stage_${at + 1}`] = values;
    named[`index_offset_stage${at + 1}`] = moved;
    named[`stage${at + 1}_delta_k`] = [wider[at] ?? 0];
  });
  return twice(named);
}

describe('a stagewise regression', () => {
  const chances = [
    [0, 1, 0],
    [0, 0, 1],
    [0.5, 0.5, 0],
  ];

  test('is the sum of what each stage says of the part that the one before left', () => {
    const share = 1 / 3 + 2 / 9 + 0.5 / 27;
    expect(told('ssr-net-age', stages(chances, [0, 0, 0], [0, 0, 0]))?.age).toBeCloseTo(share * 101, 1);
  });

  test('moves its parts, and divides by what they are wider by', () => {
    const share = 1.1 / (3 * 1.5) + 2.2 / (9 * 1.5) + (0.5 * 0.3 + 0.5 * 1.1) / (27 * 1.5);
    expect(told('ssr-net-age', stages(chances, [0.3, 0.1, 0.2], [0.5, 0, 0]))?.age).toBeCloseTo(share * 101, 1);
  });

  test.each([
    [[1, 0, 0], 'woman', 1],
    [[0, 0, 1], 'man', 26 / 27],
  ])('of %s is a %s', (all, label, score) => {
    const gender = told('ssr-net-gender', stages([all, all, all], [0, 0, 0], [0, 0, 0]))?.gender;
    expect(gender?.label).toBe(label);
    expect(gender?.score).toBeCloseTo(score, 5);
  });
});

test('angles are what is expected of their bins', () => {
  const bin = (at: number): number[] => Array.from({ length: 66 }, (_, index) => (index === at ? 50 : 0));
  const pose = told('hopenet', twice({ output: bin(33), '617': bin(23), '618': bin(43) }))?.pose;
  expect(pose).toEqual({ yaw: 0, pitch: -30, roll: 30 });
});

test('an expression is the likeliest of seven, and how live a face is the first of three classes', () => {
  const expression = told('expression-7', twice({ output: [0, 0, 0, 5, 0, 0, 0] }))?.expression;
  expect(expression?.label).toBe('happy');
  expect(expression?.score).toBeCloseTo(Math.exp(5) / (Math.exp(5) + 6), 5);
  expect(told('minifasnet-v2-se', twice({ output: [2, 0, 0] }))?.liveness_score).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 2), 5);
});

test('outputs of another network are told by name', () => {
  expect(() => told('hopenet', twice({ other: [1] }))).toThrow('no output "output", only other');
});

describe('what a head is shown', () => {
  const picture = { width: 200, height: 100 };
  const face = { x1: 20, y1: 30, x2: 40, y2: 70 };

  test('is the box, larger, of its shape or square', () => {
    expect(partAround(face, { scale: 1.5, isSquare: false }, picture)).toEqual({ left: 15, top: 20, width: 30, height: 60 });
    expect(partAround(face, { scale: 1.5, isSquare: true }, picture)).toEqual({ left: 0, top: 20, width: 60, height: 60 });
  });

  test('is moved into the picture, and no larger than that', () => {
    expect(partAround({ x1: 190, y1: 80, x2: 210, y2: 120 }, { scale: 1, isSquare: true }, picture)).toEqual({
      left: 160,
      top: 60,
      width: 40,
      height: 40,
    });
    expect(partAround(face, { scale: 4, isSquare: true }, picture)).toEqual({ left: 0, top: 0, width: 100, height: 100 });
  });
});
