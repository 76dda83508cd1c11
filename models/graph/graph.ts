// An ONNX graph in memory, and the few questions the rewrites ask of it. Knows the file format and no rewrite.
import proto from 'onnx-proto';
import type { onnx } from 'onnx-proto';
import { ModelError, reasonOf } from '../model-error.js';

export type Node = onnx.INodeProto;
export type Tensor = onnx.ITensorProto;
export type ValueInfo = onnx.IValueInfoProto;

/** A graph whose lists are all there, so that rewrites can change them in place. */
export interface Graph {
  node: Node[];
  initializer: Tensor[];
  readonly input: ValueInfo[];
  readonly output: ValueInfo[];
  valueInfo: ValueInfo[];
}

export interface LoadedGraph {
  readonly graph: Graph;
  /** The file as it is now, to be called after the rewrites. */
  readonly encode: () => Uint8Array;
}

const { ModelProto, TensorProto, TensorShapeProto } = proto.onnx;
/** ONNX's numbers of the types of tensor data that are read or written here. */
export const FLOAT = TensorProto.DataType.FLOAT;
const INT64 = TensorProto.DataType.INT64;

/** @throws ModelError `BAD_MODEL` when the bytes are no ONNX model of one file */
export function loadGraph(bytes: Uint8Array, label: string): LoadedGraph {
  let model: onnx.ModelProto;
  try {
    model = ModelProto.decode(bytes);
  } catch (error) {
    throw new ModelError('BAD_MODEL', `${label} is no ONNX model: ${reasonOf(error)}`, { cause: error });
  }
  const { graph } = model;
  if (!graph?.node || !graph.initializer || !graph.input || !graph.output || !graph.valueInfo || graph.node.length === 0) {
    throw new ModelError('BAD_MODEL', `${label} is no ONNX model: it has no graph`);
  }
  const { node, initializer, input, output, valueInfo } = graph;
  if (initializer.some((tensor) => tensor.dataLocation === TensorProto.DataLocation.EXTERNAL)) {
    throw new ModelError('BAD_MODEL', `${label} keeps its weights in a second file, which is not supported`);
  }
  const lists: Graph = { node, initializer, input, output, valueInfo };
  return {
    graph: lists,
    encode: () => {
      Object.assign(graph, lists);
      return ModelProto.encode(model).finish();
    },
  };
}

/** Inputs that a caller feeds: old files list their weights among the inputs too. */
export function fedInputs(graph: Graph): ValueInfo[] {
  const weights = new Set(graph.initializer.map((tensor) => tensor.name));
  return graph.input.filter((input) => !weights.has(input.name));
}

/** Fixed sizes of an input's or output's dimensions, null where a dimension is free; undefined when no shape is told. */
export function shapeOf(value: ValueInfo): (number | null)[] | undefined {
  return value.type?.tensorType?.shape?.dim?.map((dim) => (dim.dimParam ? null : Number(dim.dimValue ?? 0) || null));
}

/** Makes a dimension of an input or output free, under a name. */
export function freeDimension(value: ValueInfo, index: number, name: string): void {
  const dims = value.type?.tensorType?.shape?.dim;
  if (dims && index < dims.length) dims[index] = TensorShapeProto.Dimension.create({ dimParam: name });
}

/** Forgets an output's shape, for the runtime to work out. */
export function forgetShape(value: ValueInfo): void {
  if (value.type?.tensorType) value.type.tensorType.shape = null;
}

/** The constant tensor of that name: a weight, or the output of a Constant node. */
export function constantNamed(graph: Graph, name: string | undefined): Tensor | undefined {
  const weight = graph.initializer.find((tensor) => tensor.name === name);
  if (weight) return weight;
  const node = graph.node.find((candidate) => candidate.opType === 'Constant' && candidate.output?.[0] === name);
  return node?.attribute?.find((attribute) => attribute.name === 'value')?.t ?? undefined;
}

/** Nodes that read a value. */
export function readersOf(graph: Graph, name: string): Node[] {
  return graph.node.filter((node) => node.input?.includes(name));
}

/** Whole numbers of an int64 tensor. */
export function readInt64(tensor: Tensor): number[] {
  if (tensor.dataType !== INT64) throw new TypeError(`${tensor.name ?? 'a tensor'} is not of int64`);
  const raw = tensor.rawData;
  if (!raw?.length) return (tensor.int64Data ?? []).map(Number);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.byteLength / 8 }, (_, index) => Number(view.getBigInt64(index * 8, true)));
}

/** Puts other whole numbers into an int64 tensor; its shape must be that of the values already. */
export function writeInt64(tensor: Tensor, values: readonly number[]): void {
  const raw = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, index) => raw.setBigInt64(index * 8, BigInt(value), true));
  tensor.rawData = new Uint8Array(raw.buffer);
  tensor.int64Data = [];
}

/** Numbers of a float32 tensor, as a copy. */
export function readFloat32(tensor: Tensor): Float32Array {
  if (tensor.dataType !== FLOAT) throw new TypeError(`${tensor.name ?? 'a tensor'} is not of float32`);
  const raw = tensor.rawData;
  return raw?.length ? new Float32Array(new Uint8Array(raw).buffer) : Float32Array.from(tensor.floatData ?? []);
}

/** A new float32 weight. */
export function float32Tensor(name: string, dims: readonly number[], values: Float32Array): Tensor {
  return TensorProto.create({
    name,
    dims: [...dims],
    dataType: FLOAT,
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
}
