// What a model file says of itself: its inputs and outputs, and what the last step before each output is. Never reads weights.
import proto from 'onnx-proto';
import { ModelError } from '../model-error.js';
import { fedInputs, loadGraph, shapeOf, type Graph, type Node, type ValueInfo } from './graph.js';
import { readSkeleton } from './skeleton.js';

const { DataType } = proto.onnx.TensorProto;
/** Steps that change the form of probabilities and not what they are. */
const PASSING = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'QuantizeLinear',
  'DequantizeLinear',
  'Transpose',
]);

export interface GraphValue {
  readonly name: string;
  /** Sizes with the batch, null where one is free; null where the file tells no shape. */
  readonly dims: readonly (number | null)[] | null;
  /** ONNX's name of the type, in lower case, such as `float`. */
  readonly dtype: string;
}

export interface GraphOutput extends GraphValue {
  /** What the network does last to what it gives there. */
  readonly activation: 'softmax' | 'sigmoid' | null;
}

export interface GraphDescription {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphOutput[];
}

/** @throws ModelError `BAD_MODEL`; what the file system throws */
export async function describeGraph(path: string, label: string): Promise<GraphDescription> {
  const { graph } = loadGraph(await readSkeleton(path, label), label);
  const inputs = fedInputs(graph).map((value) => describeValue(value, label));
  if (inputs.length === 0 || graph.output.length === 0) {
    throw new ModelError('BAD_MODEL', `${label} has no ${inputs.length === 0 ? 'input' : 'output'}`);
  }
  const producers = new Map(graph.node.flatMap((node) => (node.output ?? []).map((output) => [output, node] as const)));
  const outputs = graph.output.map((value) => ({
    ...describeValue(value, label),
    activation: lastActivation(value.name ?? '', producers, graph),
  }));
  return { inputs, outputs };
}

function describeValue(value: ValueInfo, label: string): GraphValue {
  if (!value.name) throw new ModelError('BAD_MODEL', `${label} has an input or output without a name`);
  const type = value.type?.tensorType?.elemType ?? 0;
  return { name: value.name, dims: shapeOf(value) ?? null, dtype: (DataType[type] ?? 'undefined').toLowerCase() };
}

function lastActivation(output: string, producers: ReadonlyMap<string, Node>, graph: Graph): GraphOutput['activation'] {
  let name = output;
  // No way through a graph is longer than its nodes, and one that runs in a circle ends too.
  for (let steps = 0; steps < graph.node.length; steps++) {
    const node = producers.get(name);
    if (node?.opType === 'Softmax') return 'softmax';
    if (node?.opType === 'Sigmoid') return 'sigmoid';
    if (node === undefined || !PASSING.has(node.opType ?? '')) return null;
    name = node.input?.[0] ?? '';
  }
  return null;
}
