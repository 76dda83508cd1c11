// Activations: functions by the names that Keras has for them, and the layers that are nothing else.
import { z } from 'zod';
import type { Value } from '../onnx-builder.js';
import { axis, configOf, dimensionOf, fault, input, type LayerCall, type LayerGroup } from './layer.js';

type Activation = (call: LayerCall, value: Value) => Value;

/** One operator on each element. */
function operator(opType: string, attributes: Readonly<Record<string, number>> = {}): Activation {
  return (call, value) => apply(call, value, opType, attributes);
}

function apply(call: LayerCall, value: Value, opType: string, attributes: Readonly<Record<string, number>> = {}): Value {
  const { graph, path } = call;
  const floats = Object.fromEntries(Object.entries(attributes).map(([name, float]) => [name, { float }]));
  return graph.like(path, graph.node(opType, path, [graph.anyOrder(value)], floats), value);
}

function softmax(call: LayerCall, value: Value, along = -1, opType = 'Softmax'): Value {
  const { graph, path } = call;
  const axis = graph.axisOf(value, dimensionOf(call, along, value.shape.length));
  return graph.like(path, graph.node(opType, path, [graph.anyOrder(value)], { axis }), value);
}

const swish: Activation = (call, value) => {
  const { graph, path } = call;
  const from = graph.anyOrder(value);
  return graph.like(path, graph.node('Mul', path, [from, graph.node('Sigmoid', path, [from])]), value);
};

/** Straight from -2.5 to 2.5 before Keras 3, from -3 to 3 since. */
const hardSigmoid: Activation = (call, value) =>
  apply(call, value, 'HardSigmoid', call.kerasMajor < 3 ? { alpha: 0.2, beta: 0.5 } : { alpha: 1 / 6, beta: 0.5 });

interface Rectifier {
  readonly top?: number | null | undefined;
  readonly slope?: number | null | undefined;
  readonly threshold?: number | null | undefined;
}

/** What lies under the threshold is 0, or slopes away from there; what lies over `top` is that. */
function rectified(call: LayerCall, value: Value, { top: highest, slope, threshold }: Rectifier): Value {
  const { graph, path } = call;
  const from = graph.anyOrder(value);
  const top = highest ?? Infinity;
  const start = threshold ?? 0;
  const steepness = slope ?? 0;
  const scalar = (role: string, number: number) => graph.numbers(path, role, [number], []);
  const clipped = (name: string) => (top === Infinity ? name : graph.node('Clip', path, [name, '', scalar('top', top)]));
  const simple = () => {
    if (steepness !== 0) return clipped(graph.node('LeakyRelu', path, [from], { alpha: { float: steepness } }));
    return top === Infinity
      ? graph.node('Relu', path, [from])
      : graph.node('Clip', path, [from, scalar('bottom', 0), scalar('top', top)]);
  };
  const thresholded = () => {
    const over = clipped(graph.node('ThresholdedRelu', path, [from], { alpha: { float: start } }));
    if (steepness === 0) return over;
    const under = graph.node('Relu', path, [graph.node('Sub', path, [scalar('threshold', start), from])]);
    return graph.node('Sub', path, [over, graph.node('Mul', path, [under, scalar('slope', steepness)])]);
  };
  return graph.like(path, start === 0 ? simple() : thresholded(), value);
}

const FUNCTIONS: Readonly<Record<string, Activation>> = {
  linear: (_call, value) => value,
  relu: (call, value) => rectified(call, value, {}),
  relu6: (call, value) => rectified(call, value, { top: 6 }),
  leaky_relu: operator('LeakyRelu', { alpha: 0.2 }),
  elu: operator('Elu', { alpha: 1 }),
  selu: operator('Selu'),
  sigmoid: operator('Sigmoid'),
  hard_sigmoid: hardSigmoid,
  tanh: operator('Tanh'),
  swish,
  silu: swish,
  hard_swish: operator('HardSwish'),
  hard_silu: operator('HardSwish'),
  gelu: operator('Gelu'),
  mish: operator('Mish'),
  exponential: operator('Exp'),
  softplus: operator('Softplus'),
  softsign: operator('Softsign'),
  softmax: (call, value) => softmax(call, value),
  log_softmax: (call, value) => softmax(call, value, -1, 'LogSoftmax'),
};

const serialised = z.looseObject({ class_name: z.string(), config: z.unknown() });

/** Puts a layer's own activation after it: a name, or a function or layer that was written down whole. @throws KerasFault */
export function withActivation(call: LayerCall, value: Value, activation: unknown): Value {
  if (activation === undefined || activation === null) return value;
  const whole = serialised.safeParse(activation).data;
  const layer = whole && Object.hasOwn(layers, whole.class_name) ? layers[whole.class_name] : undefined;
  if (layer && whole && whole.class_name !== 'Activation') {
    const config = (whole.config ?? {}) as Record<string, unknown>;
    // Its constants must not be taken for those of the layer that it is of.
    return layer({ ...call, config, operands: [value], path: [...call.path, 'activation'] });
  }
  const name = whole?.class_name === 'function' ? whole.config : activation;
  const known = typeof name === 'string' && Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known)
    throw fault(call, `has the activation ${typeof name === 'string' ? `"${name}"` : JSON.stringify(name)}, which is not known`);
  return known(call, value);
}

const number = z.number().nullish();
/** What Keras 3 calls `negative_slope` was `alpha` in LeakyReLU and ELU; some wrote it as an array of one. */
const slope = z.union([number, z.looseObject({ value: z.number() }).transform(({ value }) => value)]);

const reluConfig = z.object({ max_value: number, negative_slope: slope, threshold: number });
const leakyConfig = z.object({ alpha: slope, negative_slope: slope });
const eluConfig = z.object({ alpha: slope });
const softmaxConfig = z.object({ axis: axis.default(-1) });
const preluConfig = z.object({ shared_axes: z.array(z.int()).nullish() });

/** A slope for each place, or one for all places along the shared axes. */
function prelu(call: LayerCall): Value {
  const { graph, path, weights } = call;
  const value = input(call);
  const shared = new Set(
    (configOf(call, preluConfig).shared_axes ?? []).map((axis) => dimensionOf(call, axis, value.shape.length)),
  );
  const shape = value.shape.map((length, dimension) => (shared.has(dimension) ? 1 : length));
  const alpha = weights.take(['alpha'], shape);
  // In Keras' own order, unless there is but one place, where both orders are the same.
  const perChannel = shape.length === 3 && shape[0] === 1 && shape[1] === 1;
  const dims = perChannel ? [shape[2] ?? 0, 1, 1] : shape;
  const from = perChannel ? graph.inChannelsFirst(value) : graph.inKerasOrder(value);
  const name = graph.node('PRelu', path, [from, graph.floats(path, 'alpha', dims, alpha.read)]);
  if (!perChannel) return graph.plain(path, name, value.shape);
  return graph.picture(path, name, [value.shape[0] ?? 0, value.shape[1] ?? 0, value.shape[2] ?? 0]);
}

export const layers: LayerGroup = {
  Activation: (call) => withActivation(call, input(call), call.config['activation']),
  ReLU: (call) => {
    const { max_value, negative_slope, threshold } = configOf(call, reluConfig);
    return rectified(call, input(call), { top: max_value, slope: negative_slope, threshold });
  },
  LeakyReLU: (call) => {
    const { alpha, negative_slope } = configOf(call, leakyConfig);
    return rectified(call, input(call), { slope: negative_slope ?? alpha ?? 0.3 });
  },
  ELU: (call) => apply(call, input(call), 'Elu', { alpha: configOf(call, eluConfig).alpha ?? 1 }),
  PReLU: prelu,
  Softmax: (call) => softmax(call, input(call), configOf(call, softmaxConfig).axis),
};
