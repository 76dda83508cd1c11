// Classifiers of a few nodes: the mean of each channel, times a weight for each class.
import proto from 'onnx-proto';
import { floats, integers, ints, node, tinyModel } from '../tiny-model.js';

const { AttributeProto, TensorProto } = proto.onnx;
export const UINT8 = TensorProto.DataType.UINT8;

export interface TinyClassifier {
  readonly input?: readonly (number | string)[];
  readonly inputType?: number;
  readonly classes?: number;
  readonly activation?: 'Softmax' | 'Sigmoid';
  /** Numbers of weight more, for a file of that size. */
  readonly ballast?: number;
}

/** Bytes of an ONNX classifier, by default of 1x3x8x8 pictures and three classes. */
export function tinyClassifier(options: TinyClassifier = {}): Uint8Array {
  const { input = [1, 3, 8, 8], inputType, classes = 3, activation, ballast = 0 } = options;
  const isLast = input[3] === 3 || input[3] === 1;
  const channels = Number(isLast ? input[3] : input[1]);
  const cast = { name: 'to', type: AttributeProto.AttributeType.INT, i: TensorProto.DataType.FLOAT };
  const weights = Array.from({ length: channels * classes }, (_, index) => ((index % 5) - 2) / 100);
  return tinyModel({
    input,
    output: [input[0] ?? 1, classes],
    ...(inputType === undefined ? {} : { inputType }),
    nodes: [
      node('Cast', ['x'], 'numbers', [cast]),
      ...(isLast ? [node('Transpose', ['numbers'], 'planes', [ints('perm', [0, 3, 1, 2])])] : []),
      node('GlobalAveragePool', [isLast ? 'planes' : 'numbers'], 'mean'),
      node('Reshape', ['mean', 'shape'], 'flat'),
      node('MatMul', ['flat', 'weights'], activation ? 'logits' : 'y'),
      ...(activation ? [node(activation, ['logits'], 'y')] : []),
    ],
    weights: [
      integers('shape', [input[0] === 1 ? 1 : 0, -1]),
      floats('weights', [channels, classes], weights),
      ...(ballast > 0 ? [{ ...floats('ballast', [ballast], []), rawData: new Uint8Array(ballast * 4) }] : []),
    ],
  });
}
