// The layer in which everything meets everything, along the last axis.
import { z } from 'zod';
import { pictureShape, type Value } from '../onnx-builder.js';
import { withActivation } from './activations.js';
import { configOf, count, fault, input, type LayerCall, type LayerGroup } from './layer.js';

const schema = z.object({ units: count, use_bias: z.boolean().default(true), activation: z.unknown().optional() });

function dense(call: LayerCall): Value {
  const { graph, path, weights } = call;
  const value = input(call);
  const { units, use_bias: useBias, activation } = configOf(call, schema);
  const features = value.shape.at(-1);
  if (features === undefined) throw fault(call, 'takes at least one dimension, and is given none');
  const kernel = weights.take(['kernel'], [features, units]);
  const bias = useBias ? weights.take(['bias'], [units]) : undefined;
  const biasName = bias && graph.floats(path, 'bias', [units], bias.read);
  const shape = [...value.shape.slice(0, -1), units];
  const withBias = (names: string[]) => (biasName === undefined ? names : [...names, biasName]);
  if (shape.length === 3) {
    // Of a picture, it is a convolution of one pixel.
    const transposed = graph.floats(path, 'kernel', [units, features, 1, 1], () => columnsFirst(kernel.read(), features, units));
    const name = graph.node('Conv', path, withBias([graph.inChannelsFirst(value), transposed]), { kernel_shape: [1, 1] });
    return withActivation(call, graph.picture(path, name, pictureShape(shape)), activation);
  }
  const kernelName = graph.floats(path, 'kernel', [features, units], kernel.read);
  const from = graph.inKerasOrder(value);
  if (shape.length === 1) {
    return withActivation(call, graph.plain(path, graph.node('Gemm', path, withBias([from, kernelName])), shape), activation);
  }
  const product = graph.node('MatMul', path, [from, kernelName]);
  const name = biasName === undefined ? product : graph.node('Add', path, [product, biasName]);
  return withActivation(call, graph.plain(path, name, shape), activation);
}

function columnsFirst(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  let to = 0;
  for (let column = 0; column < columns; column++)
    for (let from = column, row = 0; row < rows; row++, from += columns) result[to++] = values[from] ?? 0;
  return result;
}

export const layers: LayerGroup = { Dense: dense };
