// The same numbers in other shapes, always in Keras' order: channels last.
import { z } from 'zod';
import { sizeOf } from '../weights.js';
import type { Value } from '../onnx-builder.js';
import { channelsLast, configOf, fault, input, type LayerCall, type LayerGroup } from './layer.js';

function flattened(call: LayerCall): Value {
  configOf(call, z.object({ data_format: channelsLast }));
  const value = input(call);
  return call.graph.reshaped(call.path, value, [sizeOf(value.shape)]);
}

function reshaped(call: LayerCall): Value {
  const value = input(call);
  const { target_shape: target } = configOf(call, z.object({ target_shape: z.array(z.int().min(-1)) }));
  const known = sizeOf(target.filter((length) => length !== -1));
  const size = sizeOf(value.shape);
  const shape = target.map((length) => (length === -1 ? size / known : length));
  if (
    sizeOf(shape) !== size ||
    shape.some((length) => !Number.isInteger(length)) ||
    target.indexOf(-1) !== target.lastIndexOf(-1)
  )
    throw fault(call, `cannot make ${target.join('x')} of ${value.shape.join('x')}`);
  return call.graph.reshaped(call.path, value, shape);
}

function permuted(call: LayerCall): Value {
  const { graph, path } = call;
  const value = input(call);
  const { dims } = configOf(call, z.object({ dims: z.array(z.int()) }));
  const rank = value.shape.length;
  if (dims.length !== rank || new Set(dims).size !== rank || dims.some((axis) => axis < 1 || axis > rank))
    throw fault(call, `cannot reorder ${rank} dimensions by ${dims.join(', ')}`);
  const name = graph.node('Transpose', path, [graph.inKerasOrder(value)], { perm: [0, ...dims] });
  return graph.plain(
    path,
    name,
    dims.map((axis) => value.shape[axis - 1] ?? 0),
  );
}

export const layers: LayerGroup = { Flatten: flattened, Reshape: reshaped, Permute: permuted };
