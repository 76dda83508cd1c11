// One model in a lane: its onnxruntime session, and input memory for every rung of the batch ladder, made once.
// `run` is synchronous native code behind a promise: it blocks its thread, so it is never used on the main thread.
import type { Outputs } from '../../models/family.js';
import { ort } from '../../models/graph/runtime.js';
import type { PreparedModel } from '../../models/prepared.js';
import type { LaneRuntime } from './lane-protocol.js';
import { channelsOf, inputSize } from '../images/model-input.js';
import { executionProviders } from './provider.js';

const WARNINGS_HIDDEN = 3;

export class ModelSession {
  readonly model: PreparedModel;
  readonly loadMs: number;
  readonly warmupMs: number;
  readonly #session: ort.InferenceSession;
  readonly #inputs: ReadonlyMap<number, ort.TypedTensor<'float32'>>;
  readonly #itemSize: number;

  private constructor(
    model: PreparedModel,
    session: ort.InferenceSession,
    inputs: ReadonlyMap<number, ort.TypedTensor<'float32'>>,
    loadMs: number,
    warmupMs: number,
  ) {
    this.model = model;
    this.#session = session;
    this.#inputs = inputs;
    this.#itemSize = inputSize(model.input);
    this.loadMs = loadMs;
    this.warmupMs = warmupMs;
  }

  /** Loads the graph and runs every batch size once. @throws when the graph or the provider cannot start */
  static async open(model: PreparedModel, { provider, ladder, intraOpThreads }: LaneRuntime): Promise<ModelSession> {
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
    const { input } = model;
    const inputs = new Map(
      ladder.map((rung) => [
        rung,
        new ort.Tensor('float32', new Float32Array(rung * inputSize(input)), [
          rung,
          channelsOf(input),
          input.height,
          input.width,
        ]),
      ]),
    );
    const opened = new ModelSession(model, session, inputs, loadedMs - startMs, 0);
    for (const rung of ladder) await opened.run(rung);
    return new ModelSession(model, session, inputs, opened.loadMs, performance.now() - loadedMs);
  }

  /** The input memory of a batch size, to be filled before `run`. */
  input(rung: number): Float32Array {
    return this.#tensor(rung).data;
  }

  /** Where item `index` begins in the input memory. */
  offset(index: number): number {
    return index * this.#itemSize;
  }

  async run(rung: number): Promise<Outputs> {
    const results = await this.#session.run({ [this.model.input.name]: this.#tensor(rung) });
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

  #tensor(rung: number): ort.TypedTensor<'float32'> {
    const tensor = this.#inputs.get(rung);
    if (tensor === undefined) throw new Error(`${this.model.id}: no batch size ${rung} on the ladder`);
    return tensor;
  }
}
