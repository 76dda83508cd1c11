// One model in a lane: its onnxruntime session, and input memory for every rung of the batch ladder, made once.
// `run` is synchronous native code behind a promise: it blocks its thread, so it is never used on the main thread.
import type { ImageInput, Outputs } from '../../models/family.js';
import { ort } from '../../models/graph/runtime.js';
import { tensorShape, type TensorInput } from '../../models/tensor-input.js';
import { channelsOf } from '../images/model-input.js';
import type { TensorData } from '../images/write-tensor.js';
import type { LaneRuntime } from './lane-protocol.js';
import { executionProviders } from './provider.js';

/** What a session has to know of a model. */
export interface SessionModel {
  readonly id: string;
  /** Absolute path of the graph. */
  readonly path: string;
  readonly input: ImageInput | TensorInput;
  /** How many items the graph takes at once: any number (the default), or exactly so many. */
  readonly batch?: 'any' | number;
  /** Names of the outputs that are read; all where not said. They must be of float32. */
  readonly outputs?: readonly string[];
}

const WARNINGS_HIDDEN = 3;

/** `D` is the memory that the model's numbers lie in. */
export class ModelSession<M extends SessionModel = SessionModel, D extends TensorData = Float32Array> {
  readonly model: M;
  readonly loadMs: number;
  readonly warmupMs: number;
  /** Batch sizes that it runs, ascending. */
  readonly ladder: readonly number[];
  readonly #session: ort.InferenceSession;
  readonly #inputs: ReadonlyMap<number, ort.Tensor>;
  readonly #itemSize: number;

  private constructor(
    model: M,
    session: ort.InferenceSession,
    inputs: ReadonlyMap<number, ort.Tensor>,
    loadMs: number,
    warmupMs: number,
  ) {
    this.model = model;
    this.#session = session;
    this.#inputs = inputs;
    this.ladder = [...inputs.keys()];
    this.#itemSize = shapeOf(model.input).reduce((product, size) => product * size, 1);
    this.loadMs = loadMs;
    this.warmupMs = warmupMs;
  }

  /** Loads the graph and runs every batch size once. @throws when the graph or the provider cannot start */
  static async open<M extends SessionModel, D extends TensorData = Float32Array>(
    model: M,
    { provider, ladder, intraOpThreads }: LaneRuntime,
  ): Promise<ModelSession<M, D>> {
    const startMs = performance.now();
    const session = await ort.InferenceSession.create(model.path, {
      executionProviders: executionProviders(provider),
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: WARNINGS_HIDDEN,
      // Waiting threads that spin cost a fifth of the CPU and gain 4 % of latency.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    });
    const loadedMs = performance.now();
    try {
      const { batch = 'any' } = model;
      const inputs = new Map((batch === 'any' ? ladder : [batch]).map((rung) => [rung, emptyInput(model.input, rung)]));
      const opened = new ModelSession<M, D>(model, session, inputs, loadedMs - startMs, 0);
      for (const rung of opened.ladder) await opened.run(rung);
      return new ModelSession<M, D>(model, session, inputs, opened.loadMs, performance.now() - loadedMs);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** The input memory of a batch size, to be filled before `run`. */
  input(rung: number): D {
    return this.#tensor(rung).data as D;
  }

  /** Where item `index` begins in the input memory. */
  offset(index: number): number {
    return index * this.#itemSize;
  }

  async run(rung: number): Promise<Outputs> {
    const feeds = { [this.model.input.name]: this.#tensor(rung) };
    const { outputs: wanted } = this.model;
    const results = await (wanted === undefined ? this.#session.run(feeds) : this.#session.run(feeds, wanted));
    const outputs: Record<string, { dims: readonly number[]; data: Float32Array }> = {};
    for (const [name, tensor] of Object.entries(results)) {
      if (!(tensor.data instanceof Float32Array))
        throw new Error(`${this.model.id}: output ${name} is ${tensor.type}, not float32`);
      outputs[name] = { dims: tensor.dims, data: tensor.data };
    }
    return outputs;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #tensor(rung: number): ort.Tensor {
    const tensor = this.#inputs.get(rung);
    if (tensor === undefined) throw new Error(`${this.model.id}: no batch size ${rung} on the ladder`);
    return tensor;
  }
}

/** Of one item. */
function shapeOf(input: SessionModel['input']): readonly number[] {
  return 'layout' in input ? tensorShape(input) : [channelsOf(input), input.height, input.width];
}

function emptyInput(input: SessionModel['input'], rung: number): ort.Tensor {
  const dims = [rung, ...shapeOf(input)];
  const size = dims.reduce((product, dim) => product * dim, 1);
  const dtype = 'layout' in input ? input.dtype : 'float32';
  if (dtype === 'uint8') return new ort.Tensor('uint8', new Uint8Array(size), dims);
  if (dtype === 'int8') return new ort.Tensor('int8', new Int8Array(size), dims);
  return new ort.Tensor('float32', new Float32Array(size), dims);
}
