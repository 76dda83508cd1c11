// Grows the ONNX graph, operator by operator. Keras' pictures are height x width x channels and ONNX' kernels want channels first: a
// value of three dimensions knows both forms and is turned only when somebody asks for the one that it has not.
import proto from 'onnx-proto';
import type { onnx } from 'onnx-proto';
import { KerasFault, readable, type Path } from './bad-model.js';
import { sizeOf } from './weights.js';

const { AttributeProto, TensorProto } = proto.onnx;

/** A constant of the graph, its numbers made when they are written. */
export interface Constant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly bytes: number;
  readonly read: () => Uint8Array;
  /** For float32 alone: its numbers, for a constant that is made of it. */
  readonly floats?: () => Float32Array;
}

/** What a layer gives: its shape as Keras has it without the batch, and its names in the graph. */
export class Value {
  constructor(
    readonly shape: readonly number[],
    /** As Keras orders it. */
    public plain: string | undefined,
    /** Channels first; of values of three dimensions alone. */
    public channelsFirst: string | undefined,
    /** Nothing but preprocessing has been done to the input. */
    readonly isRaw = false,
  ) {}
}

export type Attributes = Readonly<Record<string, number | string | readonly number[] | { readonly float: number }>>;

/** Elements of one value for one picture: 1 GiB, more than any of keras.applications by a hundred. */
const MOST_ELEMENTS = 2 ** 28;

export class OnnxBuilder {
  readonly nodes: onnx.INodeProto[] = [];
  readonly constants = new Map<string, Constant>();
  /** Shapes that the runtime is told, and refuses where it finds others. Channels first where the value is so. */
  readonly shapes = new Map<string, readonly number[]>();
  /** Names of constants by the layers that they are of. */
  private readonly names = new Map<string, string>();
  /** How often each name was wanted. */
  private readonly counts = new Map<string, number>();

  /**
   * Adds an operator with one output.
   * @param path the layer that it is of, which its names begin with
   * @returns its output's name
   */
  node(opType: string, path: Path, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = this.fresh(`${path.join('/')}/${opType}`);
    this.nodes.push({
      name,
      opType,
      input: [...inputs],
      output: [name],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return name;
  }

  /** A constant of float32. What a layer names alike is the same, so that one that is called again has its weights once. */
  floats(path: Path, role: string, dims: readonly number[], floats: () => Float32Array): string {
    // Not the name: layers' names may hold slashes too.
    const key = [...path, role].join('\n');
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const name = this.fresh([...path, role].join('/'));
    const size = sizeOf(dims);
    const read = () => {
      const numbers = floats();
      if (numbers.length !== size) throw new KerasFault(`${name} has ${numbers.length} numbers instead of ${size}`);
      return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    };
    this.names.set(key, name);
    this.constants.set(name, { name, dims, dataType: TensorProto.DataType.FLOAT, bytes: size * 4, read, floats });
    return name;
  }

  /** A constant that a layer's configuration tells. */
  numbers(path: Path, role: string, values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.floats(path, role, dims, () => Float32Array.from(values));
  }

  /** Whole numbers, such as a shape. */
  integers(values: readonly number[]): string {
    const name = `integers ${values.join(' ')}`;
    const read = () => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.constants.set(name, {
      name,
      dims: [values.length],
      dataType: TensorProto.DataType.INT64,
      bytes: values.length * 8,
      read,
    });
    return name;
  }

  /** The value of a name that is ordered as Keras does. */
  plain(path: Path, name: string, shape: readonly number[], isRaw = false): Value {
    this.state(path, name, shape, shape);
    return new Value(shape, name, undefined, isRaw);
  }

  /** The value of a name that has channels first. @param shape height, width and channels */
  picture(path: Path, name: string, shape: readonly [number, number, number], isRaw = false): Value {
    const [height, width, channels] = shape;
    this.state(path, name, shape, [channels, height, width]);
    return new Value(shape, undefined, name, isRaw);
  }

  /** A value of the same shape and order, after an operator that works on each element alone. */
  like(path: Path, name: string, value: Value, isRaw = false): Value {
    const { shape } = value;
    return value.channelsFirst === undefined
      ? this.plain(path, name, shape, isRaw)
      : this.picture(path, name, pictureShape(shape), isRaw);
  }

  /** The name of a value in the order that it has already. */
  anyOrder(value: Value): string {
    return value.channelsFirst ?? this.inKerasOrder(value);
  }

  /** Where a dimension of a value stands in `anyOrder`, the batch counted. */
  axisOf(value: Value, dimension: number): number {
    return value.channelsFirst === undefined ? dimension + 1 : ([2, 3, 1][dimension] ?? 0);
  }

  inKerasOrder(value: Value): string {
    if (value.plain !== undefined) return value.plain;
    const name = value.channelsFirst ?? '';
    value.plain = this.turned(name, value.shape, [0, 2, 3, 1]);
    return value.plain;
  }

  inChannelsFirst(value: Value): string {
    if (value.channelsFirst !== undefined) return value.channelsFirst;
    const [height = 0, width = 0, channels = 0] = value.shape;
    value.channelsFirst = this.turned(value.plain ?? '', [channels, height, width], [0, 3, 1, 2]);
    return value.channelsFirst;
  }

  /** The same numbers in another shape, in Keras' order. */
  reshaped(path: Path, value: Value, shape: readonly number[]): Value {
    if (sizeOf(shape) !== sizeOf(value.shape))
      throw new KerasFault(`${readable(path)} cannot make ${shape.join('x')} of ${value.shape.join('x')}`);
    // Where there is one pixel or one channel, both orders are one, and nothing needs to be turned.
    const [height = 0, width = 0, channels = 0] = value.shape;
    const sameOrder = value.shape.length === 3 && (height * width === 1 || channels === 1);
    const from = sameOrder ? this.anyOrder(value) : this.inKerasOrder(value);
    return this.plain(path, this.node('Reshape', path, [from, this.integers([0, ...shape])]), shape);
  }

  private turned(from: string, to: readonly number[], order: readonly number[]): string {
    const name = this.node('Transpose', [from], [from], { perm: order });
    this.shapes.set(name, to);
    return name;
  }

  private state(path: Path, name: string, shape: readonly number[], inGraph: readonly number[]): void {
    const problem = shape.some((length) => !Number.isSafeInteger(length) || length < 1)
      ? 'is empty'
      : sizeOf(shape) > MOST_ELEMENTS
        ? 'is too large to run'
        : undefined;
    if (problem) throw new KerasFault(`${readable(path)} gives ${shape.join('x')}, which ${problem}`);
    this.shapes.set(name, inGraph);
  }

  private fresh(name: string): string {
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    return count === 0 ? name : `${name} ${count + 1}`;
  }
}

function attribute(name: string, value: Attributes[string]): onnx.IAttributeProto {
  const { AttributeType } = AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: Buffer.from(value) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

/** Height, width and channels of a value that has these. @throws KerasFault where it has other dimensions */
export function pictureShape(shape: readonly number[]): readonly [number, number, number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined)
    throw new KerasFault(`a value of ${shape.join('x')} is no picture`);
  return [height, width, channels];
}
