// From the numbers a classifier gives to the probabilities of its classes, best first. Pure.

export interface ClassScore {
  readonly label: string;
  /** Place in the output order. */
  readonly index: number;
  readonly score: number;
}

/** What is still to be done to a network's numbers: `none` where they are probabilities already. */
export type Activation = 'none' | 'softmax' | 'sigmoid';

/** How outputs stand for classes: a number for each, or one number that is the second class's probability out of two. */
export type ScoreShape = 'each' | 'second-of-two';

/** The probabilities of the classes, in the output order, as a new array. */
export function probabilitiesOf(numbers: ArrayLike<number>, activation: Activation, shape: ScoreShape): Float64Array {
  const values = Float64Array.from(numbers);
  if (activation === 'softmax') softmax(values);
  if (activation === 'sigmoid') for (let index = 0; index < values.length; index++) values[index] = sigmoid(values[index] ?? 0);
  const [only = 0] = values;
  return shape === 'second-of-two' ? Float64Array.of(1 - only, only) : values;
}

/** The `count` best classes, best first; of equal ones the first in the output order. */
export function topClasses(probabilities: ArrayLike<number>, classes: readonly string[], count: number): ClassScore[] {
  return classes
    .map((label, index) => ({ label, index, score: probabilities[index] ?? 0 }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, Math.max(0, count));
}

function softmax(values: Float64Array): void {
  // Less the greatest, so that nothing overflows.
  const greatest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] = Math.exp((values[index] ?? 0) - greatest);
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) / sum;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
