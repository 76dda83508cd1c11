// A detector of a few nodes in the form of yolov5: a thing at the upper left as sure as the picture is green, and another at the lower
// right as sure as it is red.
import { floats, integers, node, tinyModel } from '../tiny-model.js';

const ROWS = 8;
const ROW = 7;

/** Bytes of an ONNX detector of 1x3x16x16 pictures, of two classes; pixels are fed as 0..1. */
export function tinyDetector(): Uint8Array {
  const weights = new Array<number>(3 * ROWS * ROW).fill(0);
  const bias = new Array<number>(ROWS * ROW).fill(0);
  // x, y, width, height, whether there is anything, and the two classes.
  [4, 4, 8, 8, 0, 1, 0].forEach((value, index) => (bias[index] = value));
  [12, 12, 8, 6, 0, 0, 1].forEach((value, index) => (bias[ROW + index] = value));
  const [red, green] = [0, 1];
  weights[green * ROWS * ROW + 4] = 1;
  weights[red * ROWS * ROW + ROW + 4] = 1;
  return tinyModel({
    input: [1, 3, 16, 16],
    output: [1, ROWS, ROW],
    nodes: [
      node('GlobalAveragePool', ['x'], 'mean'),
      node('Reshape', ['mean', 'flat'], 'colour'),
      node('MatMul', ['colour', 'weights'], 'scores'),
      node('Add', ['scores', 'bias'], 'numbers'),
      node('Reshape', ['numbers', 'rows'], 'y'),
    ],
    weights: [
      integers('flat', [1, -1]),
      integers('rows', [1, ROWS, ROW]),
      floats('weights', [3, ROWS * ROW], weights),
      floats('bias', [ROWS * ROW], bias),
    ],
  });
}
