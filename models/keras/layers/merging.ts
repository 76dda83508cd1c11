// Several values made one: sums, products and the like element by element, and concatenation. Also the same as plain operators, which
// Keras writes down as layers where a net was made with `x + 3`.
import { z } from 'zod';
import { Value, pictureShape } from '../onnx-builder.js';
import {
  axis,
  configOf,
  dimensionOf,
  fault,
  input,
  type ConvertLayer,
  type LayerCall,
  type LayerGroup,
  type Operand,
} from './layer.js';
import { withActivation } from './activations.js';

/** Folds operands into one by an operator of two; constants and smaller values are spread over larger ones. */
function folded(call: LayerCall, opType: string): Value {
  const [first, ...others] = call.operands;
  if (first === undefined || others.length === 0) throw fault(call, 'takes two inputs at least');
  if (!call.operands.some((operand) => operand instanceof Value)) throw fault(call, 'is given no layer’s output');
  const result = others.reduce<Operand>((left, right) => together(call, opType, left, right), first);
  if (!(result instanceof Value)) throw fault(call, 'is given no layer’s output');
  return result;
}

function together(call: LayerCall, opType: string, left: Operand, right: Operand): Value {
  const { graph, path } = call;
  if (left instanceof Value && right instanceof Value) {
    const [a, b] = sameRank(call, left, right);
    const shape = spread(call, a.shape, b.shape);
    if (shape.length !== 3)
      return graph.plain(path, graph.node(opType, path, [graph.inKerasOrder(a), graph.inKerasOrder(b)]), shape);
    return graph.picture(
      path,
      graph.node(opType, path, [graph.inChannelsFirst(a), graph.inChannelsFirst(b)]),
      pictureShape(shape),
    );
  }
  const [value, constant] = left instanceof Value ? [left, right] : [right, left];
  if (!(value instanceof Value) || constant instanceof Value) throw fault(call, 'is given no layer’s output');
  const name = constantFor(call, value, constant);
  const names = left instanceof Value ? [graph.anyOrder(value), name] : [name, graph.anyOrder(value)];
  return graph.like(path, graph.node(opType, path, names), value);
}

/** One number, or one for each of the last axis. */
function constantFor(call: LayerCall, value: Value, constant: number | readonly number[]): string {
  const { graph, path } = call;
  const numbers = typeof constant === 'number' ? [constant] : constant;
  const channels = value.shape.at(-1) ?? 1;
  if (numbers.length !== 1 && numbers.length !== channels)
    throw fault(call, `is given ${numbers.length} numbers for ${channels} channels`);
  const isTurned = numbers.length > 1 && value.channelsFirst !== undefined;
  return graph.numbers(path, `constant ${numbers.join(' ')}`, numbers, isTurned ? [numbers.length, 1, 1] : [numbers.length]);
}

/** As Keras does, the one with fewer dimensions gets new ones after the batch. */
function sameRank({ graph, path }: LayerCall, a: Value, b: Value): readonly [Value, Value] {
  const rank = Math.max(a.shape.length, b.shape.length);
  const raised = (value: Value) => {
    const lacking = rank - value.shape.length;
    return lacking === 0 ? value : graph.reshaped(path, value, [...Array<number>(lacking).fill(1), ...value.shape]);
  };
  return [raised(a), raised(b)];
}

function spread(call: LayerCall, a: readonly number[], b: readonly number[]): number[] {
  return a.map((length, dimension) => {
    const other = b[dimension] ?? 1;
    if (length !== other && length !== 1 && other !== 1)
      throw fault(call, `cannot bring ${a.join('x')} and ${b.join('x')} together`);
    return Math.max(length, other);
  });
}

const average: ConvertLayer = (call) => {
  const { graph, path, operands } = call;
  const sum = folded(call, 'Add');
  return graph.like(
    path,
    graph.node('Div', path, [graph.anyOrder(sum), graph.numbers(path, 'count', [operands.length], [])]),
    sum,
  );
};

const concatenation: ConvertLayer = (call) => {
  const { graph, path } = call;
  const values = call.operands.filter((operand) => operand instanceof Value);
  const [first] = values;
  if (!first || values.length !== call.operands.length) throw fault(call, 'takes layers’ outputs alone');
  const rank = first.shape.length;
  const dimension = dimensionOf(call, configOf(call, z.object({ axis: axis.default(-1) })).axis, rank);
  const fits = values.every(
    ({ shape }) => shape.length === rank && shape.every((length, at) => at === dimension || length === first.shape[at]),
  );
  if (!fits) throw fault(call, `cannot join ${values.map(({ shape }) => shape.join('x')).join(', ')}`);
  const shape = first.shape.map((length, at) =>
    at === dimension ? values.reduce((sum, value) => sum + (value.shape[at] ?? 0), 0) : length,
  );
  if (rank !== 3) {
    return graph.plain(
      path,
      graph.node(
        'Concat',
        path,
        values.map((value) => graph.inKerasOrder(value)),
        { axis: dimension + 1 },
      ),
      shape,
    );
  }
  const names = values.map((value) => graph.inChannelsFirst(value));
  return graph.picture(path, graph.node('Concat', path, names, { axis: graph.axisOf(first, dimension) }), pictureShape(shape));
};

/** Functions of TensorFlow that Keras 2 wrote down as layers, by the operator or activation that they are. */
const TENSORFLOW_OPERATORS: Readonly<Record<string, string>> = {
  'math.add': 'Add',
  '__operators__.add': 'Add',
  'math.subtract': 'Sub',
  '__operators__.sub': 'Sub',
  'math.multiply': 'Mul',
  '__operators__.mul': 'Mul',
  'math.truediv': 'Div',
  'math.divide': 'Div',
  '__operators__.truediv': 'Div',
};
const TENSORFLOW_ACTIVATIONS: Readonly<Record<string, string>> = {
  'nn.relu': 'relu',
  'nn.relu6': 'relu6',
  'nn.silu': 'silu',
  'nn.swish': 'silu',
  'math.sigmoid': 'sigmoid',
  'nn.sigmoid': 'sigmoid',
  'math.tanh': 'tanh',
  'nn.tanh': 'tanh',
  'nn.softmax': 'softmax',
};

const tensorFlowFunction: ConvertLayer = (call) => {
  const { function: name } = configOf(call, z.object({ function: z.string() }));
  const opType = Object.hasOwn(TENSORFLOW_OPERATORS, name) ? TENSORFLOW_OPERATORS[name] : undefined;
  if (opType) return folded(call, opType);
  const activation = Object.hasOwn(TENSORFLOW_ACTIVATIONS, name) ? TENSORFLOW_ACTIVATIONS[name] : undefined;
  if (activation) return withActivation(call, input(call), activation);
  throw fault(call, `is the function "${name}" of TensorFlow, which is not known`);
};

const by =
  (opType: string): ConvertLayer =>
  (call) =>
    folded(call, opType);

export const layers: LayerGroup = {
  Add: by('Add'),
  Subtract: by('Sub'),
  Multiply: by('Mul'),
  Divide: by('Div'),
  TrueDivide: by('Div'),
  Maximum: by('Max'),
  Minimum: by('Min'),
  Average: average,
  Concatenate: concatenation,
  TFOpLambda: tensorFlowFunction,
};
