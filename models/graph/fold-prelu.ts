// Takes PRelu, whose kernel in onnxruntime is scalar and costs half of an embedder's time, apart into operators with fast
// kernels. With a slope a < 1 for each channel, prelu(x) = a x + (1 - a) relu(x). The factor 1 - a goes into the convolution
// or batch normalisation that gives x, so y = (1 - a) x and prelu(x) = relu(y) + a / (1 - a) y: a Relu, a depthwise 1x1
// convolution and an addition.
import proto from 'onnx-proto';
import { FLOAT, float32Tensor, readersOf, readFloat32, type Graph, type Node, type Tensor } from './graph.js';
import type { Rewrite } from './rewrite.js';

const { AttributeProto, NodeProto } = proto.onnx;

const SCALABLE: ReadonlySet<string> = new Set(['Conv', 'BatchNormalization']);

export const foldPrelu: Rewrite = {
  name: 'fold-prelu',
  apply(graph) {
    const weights = new Map(graph.initializer.map((tensor) => [tensor.name ?? '', tensor]));
    const producers = new Map(graph.node.flatMap((node) => (node.output ?? []).map((output) => [output, node] as const)));
    let changed = 0;
    graph.node = graph.node.flatMap((node) => {
      const x = node.input?.[0] ?? '';
      const producer = producers.get(x);
      if (node.opType !== 'PRelu' || !producer || !SCALABLE.has(producer.opType ?? '') || !readOnlyHere(graph, x)) return [node];
      const slopes = slopesOf(weights.get(node.input?.[1] ?? ''));
      // Written so that a slope of NaN stays as it is.
      if (!slopes?.every((a) => a < 1)) return [node];
      const factors = slopes.map((a) => 1 - a);
      // Kernel and bias, or scale and bias: what the output of a channel is proportional to.
      const rows = (producer.input ?? []).slice(1, 3).map((input) => weights.get(input));
      if (!rows.every((tensor) => isRows(tensor, slopes.length))) return [node];
      // New weights under new names: the old ones may be shared.
      const scaled = rows.map((tensor) => scaleRows(tensor, factors, `${x}/scaled/${tensor.name ?? ''}`));
      const ratios = float32Tensor(
        `${x}/ratios`,
        [slopes.length, 1, 1, 1],
        slopes.map((a) => a / (1 - a)),
      );
      graph.initializer.push(...scaled, ratios);
      producer.input?.splice(1, scaled.length, ...scaled.map((tensor) => tensor.name ?? ''));
      changed++;
      return replacement(node, x, ratios, slopes.length);
    });
    if (changed > 0) dropUnreadWeights(graph);
    return changed;
  },
};

/** Slopes of one for each channel, `[channels, 1, 1]`; other shapes are left to the PRelu. */
function slopesOf(slope: Tensor | undefined): Float32Array | undefined {
  const dims = (slope?.dims ?? []).map(Number);
  if (slope?.dataType !== FLOAT || dims.length !== 3 || dims[1] !== 1 || dims[2] !== 1) return undefined;
  return readFloat32(slope);
}

function readOnlyHere(graph: Graph, value: string): boolean {
  return readersOf(graph, value).length === 1 && !graph.output.some((output) => output.name === value);
}

function isRows(tensor: Tensor | undefined, rows: number): tensor is Tensor {
  return tensor?.dataType === FLOAT && Number(tensor.dims?.[0]) === rows;
}

/** The tensor with row i (of its first dimension) multiplied by factor i. */
function scaleRows(tensor: Tensor, factors: Float32Array, name: string): Tensor {
  const values = readFloat32(tensor);
  const rowLength = values.length / factors.length;
  return float32Tensor(
    name,
    (tensor.dims ?? []).map(Number),
    values.map((value, index) => value * (factors[Math.floor(index / rowLength)] ?? 1)),
  );
}

function replacement(prelu: Node, y: string, ratios: Tensor, channels: number): Node[] {
  const [positive, linear] = [`${y}/positive`, `${y}/linear`];
  return [
    NodeProto.create({ opType: 'Relu', name: positive, input: [y], output: [positive] }),
    NodeProto.create({
      opType: 'Conv',
      name: linear,
      input: [y, ratios.name ?? ''],
      output: [linear],
      attribute: [
        AttributeProto.create({ name: 'group', type: AttributeProto.AttributeType.INT, i: channels }),
        AttributeProto.create({ name: 'kernel_shape', type: AttributeProto.AttributeType.INTS, ints: [1, 1] }),
      ],
    }),
    NodeProto.create({ opType: 'Add', name: `${y}/sum`, input: [positive, linear], output: [...(prelu.output ?? [])] }),
  ];
}

function dropUnreadWeights(graph: Graph): void {
  // Old files list their weights among the inputs too: without its value such an input would have to be fed.
  const read = new Set([...graph.node.flatMap((node) => node.input ?? []), ...graph.input.map((input) => input.name)]);
  graph.initializer = graph.initializer.filter((tensor) => read.has(tensor.name ?? ''));
}
