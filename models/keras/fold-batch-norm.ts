// Puts batch normalisation into the convolution or dense layer before it, where nothing else reads what that gives: a factor and a
// summand for each output channel, which its kernel and bias can carry.
import type { onnx } from 'onnx-proto';
import type { Constant, OnnxBuilder } from './onnx-builder.js';

/** Which axis of the weights the output channels are. */
const OUTPUT_AXIS: Readonly<Record<string, number>> = { Conv: 0, ConvTranspose: 1, Gemm: 1 };

export function foldBatchNorm(graph: OnnxBuilder, output: string): void {
  const readers = new Map<string, number>([[output, 1]]);
  const makers = new Map<string, onnx.INodeProto>();
  for (const node of graph.nodes) {
    node.input?.forEach((name) => readers.set(name, (readers.get(name) ?? 0) + 1));
    node.output?.forEach((name) => makers.set(name, node));
  }
  const gone = new Set<onnx.INodeProto>();
  for (const norm of graph.nodes) {
    if (norm.opType !== 'BatchNormalization') continue;
    const before = norm.input?.[0] ?? '';
    const maker = makers.get(before);
    if (!maker || readers.get(before) !== 1 || !fold(graph, maker, norm)) continue;
    gone.add(norm);
    graph.shapes.delete(before);
    norm.output?.forEach((name) => makers.set(name, maker));
  }
  graph.nodes.splice(0, graph.nodes.length, ...graph.nodes.filter((node) => !gone.has(node)));
  dropUnread(graph);
}

function fold(graph: OnnxBuilder, maker: onnx.INodeProto, norm: onnx.INodeProto): boolean {
  const axis = OUTPUT_AXIS[maker.opType ?? ''];
  const [from = '', weightName = '', biasName] = maker.input ?? [];
  const weight = graph.constants.get(weightName);
  const bias = biasName === undefined ? undefined : graph.constants.get(biasName);
  const numbers = norm.input?.slice(1).map((name) => graph.constants.get(name)?.floats) ?? [];
  const [gamma, beta, mean, variance] = numbers;
  const weightFloats = weight?.floats;
  if (axis === undefined || !weight || !weightFloats || !gamma || !beta || !mean || !variance) return false;
  const epsilon = norm.attribute?.find(({ name }) => name === 'epsilon')?.f ?? 0;
  const channels = weight.dims[axis] ?? 0;
  const factors = (): Float64Array => {
    const [scales, variances] = [gamma(), variance()];
    return Float64Array.from(scales, (scale, index) => scale / Math.sqrt((variances[index] ?? 0) + epsilon));
  };
  const normName = norm.name ?? '';
  const newWeight = graph.floats([weightName], normName, weight.dims, () => scaled(weightFloats(), weight, axis, factors()));
  const newBias = graph.floats([weightName], `${normName} bias`, [channels], () => {
    const [scales, offsets, means, old] = [factors(), beta(), mean(), bias?.floats?.()];
    return Float32Array.from(
      offsets,
      (offset, index) => offset + ((old?.[index] ?? 0) - (means[index] ?? 0)) * (scales[index] ?? 0),
    );
  });
  maker.input = [from, newWeight, newBias];
  maker.output = [...(norm.output ?? [])];
  return true;
}

/** In place: the numbers are this reading's own. */
function scaled(values: Float32Array, { dims }: Constant, axis: number, factors: Float64Array): Float32Array {
  const inner = dims.slice(axis + 1).reduce((product, length) => product * length, 1);
  const channels = dims[axis] ?? 1;
  for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) * (factors[Math.floor(at / inner) % channels] ?? 0);
  return values;
}

function dropUnread(graph: OnnxBuilder): void {
  const read = new Set(graph.nodes.flatMap((node) => node.input ?? []));
  for (const name of [...graph.constants.keys()]) if (!read.has(name)) graph.constants.delete(name);
}
