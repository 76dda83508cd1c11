// The weights of a layer, found and of the right shape before anything is written; their numbers are read when they are.
import { faultAt, type Path } from './bad-model.js';
import type { StoredTensor } from './hdf5.js';

/** One layer's tensors, wherever its file keeps them. */
export interface LayerTensors {
  /**
   * @param names what versions of Keras call it
   * @param position how many of the layer's weights come before it
   */
  readonly find: (names: readonly string[], position: number) => StoredTensor | undefined;
}

export interface WeightSource {
  readonly of: (path: Path) => LayerTensors;
}

/** Counts what a model holds, a layer that is called twice once. */
export class WeightCount {
  private readonly sizes = new Map<string, number>();

  add(key: string, size: number): void {
    this.sizes.set(key, size);
  }

  get total(): number {
    return [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
  }
}

/** Hands out the weights of one layer, to be asked for in the order in which Keras makes them. */
export class LayerWeights {
  private position = 0;

  constructor(
    private readonly tensors: LayerTensors,
    private readonly path: Path,
    private readonly className: string,
    private readonly count: WeightCount,
  ) {}

  /** @throws KerasFault where it is missing or of another shape */
  take(names: readonly [string, ...string[]], shape: readonly number[]): StoredTensor {
    const found = this.find(names);
    if (found.shape.length === shape.length && found.shape.every((length, index) => length === shape[index])) return found;
    throw this.wrongShape(names[0], found, shape);
  }

  /** One whose shape may be written in several ways, such as a mean of each channel. */
  takeOfSize(names: readonly [string, ...string[]], size: number): StoredTensor {
    const found = this.find(names);
    if (sizeOf(found.shape) === size) return found;
    throw this.wrongShape(names[0], found, [size]);
  }

  private find(names: readonly [string, ...string[]]): StoredTensor {
    const found = this.tensors.find(names, this.position++);
    if (!found) throw faultAt(this.path, this.className, `lacks its weight "${names[0]}"`);
    this.count.add([...this.path, names[0]].join('\n'), sizeOf(found.shape));
    return found;
  }

  private wrongShape(name: string, found: StoredTensor, shape: readonly number[]): Error {
    const [has, needs] = [found.shape, shape].map((lengths) => lengths.join('x') || 'a single number');
    return faultAt(this.path, this.className, `has the weight "${name}" of ${has} where ${needs} is needed`);
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
