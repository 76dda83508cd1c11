// Goes through a model in the order of its calls, models within it too, and lets each layer put its operators into the graph.
import type { LayerSpec, ModelSpec } from './architecture.js';
import { statedShape, UNSTATED_INPUT } from './architecture.js';
import { KerasFault, faultAt, readable } from './bad-model.js';
import { callIndex, callsInOrder, keyOf } from './call-order.js';
import type { TensorReference } from './inbound-nodes.js';
import type { LayerCall, Operand, Preprocessing } from './layers/layer.js';
import { converterOf } from './layers/registry.js';
import { OnnxBuilder, Value } from './onnx-builder.js';
import { LayerWeights, WeightCount, type WeightSource } from './weights.js';

export interface Network {
  readonly graph: OnnxBuilder;
  /** Height, width and channels. */
  readonly input: { readonly name: string; readonly shape: readonly [number, number, number] };
  /** A batch of this shape, in Keras' order. */
  readonly output: { readonly name: string; readonly shape: readonly number[] };
  readonly layers: number;
  readonly parameters: number;
  readonly preprocessing: readonly Preprocessing[];
}

export interface InputSize {
  readonly height?: number | undefined;
  readonly width?: number | undefined;
}

/** Models within models may be called many times, which a small file can make many millions of. */
const MOST_CALLS = 50_000;
const MOST_TOLD = 5;
const INPUT = 'InputLayer';

/** @throws KerasFault */
export function buildNetwork(model: ModelSpec, weights: WeightSource, kerasMajor: number, size: InputSize): Network {
  refuseUnknownLayers(model);
  const input = inputOf(model, size);
  const walk = new Walk(weights, kerasMajor);
  const first = walk.graph.plain([input.name], input.name, input.shape, true);
  const [value, ...others] = walk.run(model, [first]);
  const [reference] = model.outputs;
  if (!value || !reference || others.length > 0)
    throw faultAt(model.path, model.className, `has ${others.length + 1} outputs, where one is supported`);
  const name = outputName(walk.graph, value, input.name, reference.layer);
  const { count, graph, preprocessing } = walk;
  return {
    graph,
    input,
    output: { name, shape: value.shape },
    layers: leavesOf(model).length,
    parameters: count.total,
    preprocessing,
  };
}

class Walk {
  readonly graph = new OnnxBuilder();
  readonly count = new WeightCount();
  readonly preprocessing: Preprocessing[] = [];
  private calls = 0;

  constructor(
    private readonly weights: WeightSource,
    private readonly kerasMajor: number,
  ) {}

  run(model: ModelSpec, inputs: readonly Value[]): Value[] {
    if (inputs.length !== model.inputs.length)
      throw faultAt(model.path, model.className, `has ${model.inputs.length} inputs and is given ${inputs.length}`);
    const values = new Map<string, readonly Value[]>();
    model.inputs.forEach(({ layer }, index) => {
      const value = inputs[index];
      if (value) values.set(keyOf(layer, 0), [value]);
    });
    const valueOf = (reference: TensorReference): Value => {
      const value = values.get(keyOf(reference.layer, callIndex(model, reference)))?.[reference.output];
      if (!value) throw faultAt(model.path, model.className, `asks for an output of ${reference.layer} that is not there`);
      return value;
    };
    for (const { layer, index, args } of callsInOrder(model)) {
      if (++this.calls > MOST_CALLS) throw new KerasFault(`its layers are called more than ${MOST_CALLS} times`);
      const operands = args.map((argument): Operand => ('tensor' in argument ? valueOf(argument.tensor) : argument.constant));
      values.set(
        keyOf(layer.name, index),
        layer.kind === 'model' ? this.run(layer, onlyValues(layer, operands)) : [this.convert(layer, operands)],
      );
    }
    return model.outputs.map(valueOf);
  }

  private convert(layer: LayerSpec, operands: readonly Operand[]): Value {
    const { className, config, path } = layer;
    const convert = converterOf(className);
    if (!convert) throw faultAt(path, className, 'is a layer that is not known');
    const call: LayerCall = {
      className,
      config,
      path,
      operands,
      graph: this.graph,
      kerasMajor: this.kerasMajor,
      weights: new LayerWeights(this.weights.of(path), path, className, this.count),
      tellPreprocessing: (step) => void this.preprocessing.push(step),
    };
    return convert(call);
  }
}

function onlyValues(model: ModelSpec, operands: readonly Operand[]): Value[] {
  const values = operands.filter((operand) => operand instanceof Value);
  if (values.length !== operands.length) throw faultAt(model.path, model.className, 'is given a number where it takes pictures');
  return values;
}

/** All of them at once, so that nobody mends a net one layer at a time. */
function refuseUnknownLayers(model: ModelSpec): void {
  const unknown = leavesOf(model).filter(({ className }) => className !== INPUT && !converterOf(className));
  const [first] = unknown;
  if (!first) return;
  const others = unknown.slice(1, MOST_TOLD).map(({ path, className }) => `${readable(path)} (${className})`);
  const more = unknown.length > MOST_TOLD ? ` and ${unknown.length - MOST_TOLD} more` : '';
  throw faultAt(
    first.path,
    first.className,
    `is a layer that is not known${others.length > 0 ? `; so are ${others.join(', ')}${more}` : ''}`,
  );
}

function leavesOf(model: ModelSpec): LayerSpec[] {
  const stated = model.layers.filter(({ name }) => name !== UNSTATED_INPUT);
  return stated.flatMap((layer) => (layer.kind === 'model' ? leavesOf(layer) : [layer]));
}

function inputOf(model: ModelSpec, size: InputSize): Network['input'] {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0)
    throw faultAt(model.path, model.className, `has ${model.inputs.length} inputs, where one picture is supported`);
  const stated = statedShape(model);
  if (!Array.isArray(stated) || stated.length !== 4)
    throw faultAt(model.path, model.className, 'does not take pictures of height, width and channels');
  const [, height, width, channels] = stated as unknown[];
  const layer = model.layers.find(({ name }) => name === input.layer);
  const own = layer?.kind === 'layer' ? layer.config['name'] : undefined;
  return {
    name: typeof own === 'string' ? own : input.layer,
    shape: [
      side(model, 'height', height, size.height),
      side(model, 'width', width, size.width),
      side(model, 'channels', channels, undefined),
    ],
  };
}

function side(model: ModelSpec, what: string, stated: unknown, wanted: number | undefined): number {
  if (stated === null) {
    if (wanted !== undefined) return wanted;
    throw faultAt(
      model.path,
      model.className,
      `leaves the ${what} of its input free${what === 'channels' ? '' : ', so a size has to be given'}`,
    );
  }
  if (typeof stated !== 'number' || !Number.isInteger(stated) || stated < 1)
    throw faultAt(model.path, model.className, `has an input whose ${what} is ${JSON.stringify(stated)}`);
  if (wanted !== undefined && wanted !== stated)
    throw faultAt(model.path, model.className, `takes a ${what} of ${stated}, and ${wanted} was asked for`);
  return stated;
}

/** Gives the output the name of the layer that it is of. */
function outputName(graph: OnnxBuilder, value: Value, inputName: string, layer: string): string {
  const name = layer === inputName ? `${layer} as it is` : layer;
  let from = graph.inKerasOrder(value);
  if (from === inputName) from = graph.node('Identity', [name], [from]);
  for (const node of graph.nodes) {
    node.input = node.input?.map((each) => (each === from ? name : each)) ?? [];
    node.output = node.output?.map((each) => (each === from ? name : each)) ?? [];
  }
  graph.shapes.delete(from);
  return name;
}
