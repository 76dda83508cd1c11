// In which order the calls of a model's layers are worked out: each after those whose outputs it takes.
import { KerasFault, faultAt, readable } from './bad-model.js';
import type { LayerSpec, ModelSpec } from './architecture.js';
import type { Argument, TensorReference } from './inbound-nodes.js';

export interface Call {
  readonly layer: LayerSpec | ModelSpec;
  readonly index: number;
  readonly args: readonly Argument[];
}

/** Identifies a call's output within its model. */
export function keyOf(layer: string, call: number): string {
  return `${call} ${layer}`;
}

/** Calls in order, those of input layers left out. @throws KerasFault where they run in a circle or take what is not there */
export function callsInOrder(model: ModelSpec): Call[] {
  const waiting = allCalls(model);
  const inputs = new Set(model.inputs.map(({ layer }) => layer));
  const known = new Set([...waiting.keys(), ...[...inputs].map((name) => keyOf(name, 0))]);
  const readers = new Map<string, Call[]>();
  const missing = new Map<Call, number>();
  const ready: Call[] = [];
  for (const call of waiting.values()) {
    const needed = new Set(tensorsIn(call.args).map((tensor) => keyOf(tensor.layer, callIndex(model, tensor))));
    for (const key of needed) {
      if (!known.has(key))
        throw faultAt(
          call.layer.path,
          call.layer.className,
          `takes the output of ${key.slice(key.indexOf(' ') + 1)}, which is not there`,
        );
      if (waiting.has(key)) readers.set(key, [...(readers.get(key) ?? []), call]);
    }
    const open = [...needed].filter((key) => waiting.has(key)).length;
    if (open === 0) ready.push(call);
    missing.set(call, open);
  }
  const ordered: Call[] = [];
  for (let call = ready.shift(); call; call = ready.shift()) {
    ordered.push(call);
    for (const reader of readers.get(keyOf(call.layer.name, call.index)) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  const stuck = [...missing].find(([, left]) => left > 0)?.[0];
  if (stuck)
    throw new KerasFault(`its layers run in a circle, in which ${readable(stuck.layer.path)} (${stuck.layer.className}) is`);
  return ordered;
}

/**
 * Which call of a layer a reference means. A model that is used as a layer counts its calls from 1 where it keeps one of its
 * own making, which is so of Functional models in every version and of Sequential ones in some.
 */
export function callIndex(model: ModelSpec, { layer, call }: TensorReference): number {
  const spec = model.layers.find(({ name }) => name === layer);
  if (spec?.kind !== 'model') return call;
  const calls = model.calls.get(layer)?.length ?? 0;
  return call - Math.max(0, highestCall(model, layer) - (calls - 1));
}

function highestCall(model: ModelSpec, layer: string): number {
  let highest = 0;
  const see = (tensor: TensorReference) => {
    if (tensor.layer === layer) highest = Math.max(highest, tensor.call);
  };
  model.outputs.forEach(see);
  for (const calls of model.calls.values()) calls.forEach((args) => tensorsIn(args).forEach(see));
  return highest;
}

function allCalls(model: ModelSpec): Map<string, Call> {
  const found = new Map<string, Call>();
  for (const layer of model.layers) {
    (model.calls.get(layer.name) ?? []).forEach((args, index) => found.set(keyOf(layer.name, index), { layer, index, args }));
  }
  return found;
}

function tensorsIn(args: readonly Argument[]): TensorReference[] {
  return args.flatMap((argument) => ('tensor' in argument ? [argument.tensor] : []));
}
