// Reading a head whose output is a table: a row for each place, of a box and the scores of the classes.
import type { GraphOutput } from '../graph/describe.js';
import type { OutputTensor, Outputs } from '../family.js';
import { onlyOutput } from '../outputs.js';

/** The best class of a row. @param from where the first class stands @param step from one class to the next */
export function bestClass(
  data: Float32Array,
  from: number,
  count: number,
  step = 1,
): { readonly classIndex: number; readonly score: number } {
  let classIndex = 0;
  let score = data[from] ?? 0;
  for (let index = 1; index < count; index++) {
    const value = data[from + index * step] ?? 0;
    if (value > score) [classIndex, score] = [index, value];
  }
  return { classIndex, score };
}

/** A box by its middle and size, as corners. */
export function corners(x: number, y: number, width: number, height: number) {
  return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
}

/** The numbers of one picture of a batch, and the sizes of its output without the batch. @throws Error where there are several outputs */
export function picture(outputs: Outputs, index: number): { readonly data: Float32Array; readonly dims: readonly number[] } {
  const tensor: OutputTensor = onlyOutput(outputs);
  const [, ...dims] = tensor.dims;
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { data: tensor.data.subarray(index * size, (index + 1) * size), dims };
}

/** Sizes of the only output without the batch, null where one is free. @throws Error where there are several, or another number of sizes */
export function onlyShape(outputs: readonly GraphOutput[], rank: number): readonly (number | null)[] {
  const [output, second] = outputs;
  if (output === undefined || second !== undefined) throw new Error(`it should have one output, and has ${outputs.length}`);
  if (output.dims === null) return new Array<null>(rank).fill(null);
  const [, ...dims] = output.dims;
  if (dims.length === rank) return dims;
  throw new Error(`its output should have ${rank + 1} dimensions, and has ${output.dims.length}`);
}

/** How many classes a row of so many numbers holds beside its first ones. @throws Error where there are none */
export function classesIn(length: number | null, others: number): number | null {
  if (length === null) return null;
  if (length > others) return length - others;
  throw new Error(`a row should have more than ${others} numbers, and has ${length}`);
}
