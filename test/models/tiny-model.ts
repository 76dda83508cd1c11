// ONNX models of a few nodes, for tests of what real ones cannot show.
import proto from 'onnx-proto';
import type { onnx } from 'onnx-proto';

const { AttributeProto, ModelProto, TensorProto } = proto.onnx;
const FLOAT: number = TensorProto.DataType.FLOAT;

export function floats(name: string, dims: readonly number[], values: readonly number[]): onnx.ITensorProto {
  return { name, dims: [...dims], dataType: TensorProto.DataType.FLOAT, floatData: [...values] };
}

export function integers(name: string, values: readonly number[]): onnx.ITensorProto {
  return { name, dims: [values.length], dataType: TensorProto.DataType.INT64, int64Data: [...values] };
}

export function ints(name: string, values: readonly number[]): onnx.IAttributeProto {
  return { name, type: AttributeProto.AttributeType.INTS, ints: [...values] };
}

export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly onnx.IAttributeProto[] = [],
): onnx.INodeProto {
  return { opType, input: [...input], output: [output], attribute: [...attribute] };
}

export interface TinyGraph {
  /** Sizes; a word is a dimension that is free. */
  readonly input: readonly (number | string)[];
  readonly output: readonly (number | string)[];
  /** ONNX's number of the input's type; float by default. */
  readonly inputType?: number;
  readonly nodes: readonly onnx.INodeProto[];
  readonly weights: readonly onnx.ITensorProto[];
}

/** Bytes of a model with the input `x` and the output `y`. */
export function tinyModel({ input, output, inputType = FLOAT, nodes, weights }: TinyGraph): Uint8Array {
  const sized = (size: number | string) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size });
  const value = (name: string, dims: readonly (number | string)[], elemType = FLOAT): onnx.IValueInfoProto => ({
    name,
    type: {
      tensorType: { elemType, shape: { dim: dims.map(sized) } },
    },
  });
  return ModelProto.encode({
    irVersion: 6,
    opsetImport: [{ domain: '', version: 11 }],
    graph: {
      name: 'tiny',
      node: [...nodes],
      initializer: [...weights],
      input: [value('x', input, inputType)],
      output: [value('y', output)],
    },
  }).finish();
}

/** An embedder of three numbers: the mean of each colour, times 1, 2 and 3. */
export function tinyEmbedder(): Uint8Array {
  return tinyModel({
    input: [1, 3, 112, 112],
    output: [1, 3],
    nodes: [
      node('GlobalAveragePool', ['x'], 'mean'),
      node('Reshape', ['mean', 'shape'], 'flat'),
      node('Mul', ['flat', 'factors'], 'y'),
    ],
    weights: [integers('shape', [1, -1]), floats('factors', [3], [1, 2, 3])],
  });
}
