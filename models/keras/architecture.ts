// What a Keras model is made of, read from its JSON of any age into one form: layers, and which outputs each of their calls takes.
// Knows no layer and no weights.
import { z } from 'zod';
import { checked, faultAt, readable, KerasFault, type Path } from './bad-model.js';
import { callsOf, tensorsOf, type Argument, type TensorReference } from './inbound-nodes.js';

export interface LayerSpec {
  readonly kind: 'layer';
  readonly name: string;
  readonly className: string;
  /** As Keras wrote it; each layer's own file checks what it needs. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

export interface ModelSpec {
  readonly kind: 'model';
  readonly name: string;
  readonly className: string;
  readonly path: Path;
  /** In Keras' order, which is also that of their weights in a .keras file. */
  readonly layers: readonly (LayerSpec | ModelSpec)[];
  /** Calls of its layers, by the layer's name. */
  readonly calls: ReadonlyMap<string, readonly (readonly Argument[])[]>;
  readonly inputs: readonly TensorReference[];
  readonly outputs: readonly TensorReference[];
}

/** Beyond the deepest nets there are (DenseNet201 has 709), and a bound to what a made-up file may cost. */
const MOST_LAYERS = 5000;
const MOST_DEPTH = 20;

const serialised = z.looseObject({
  class_name: z.string(),
  config: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
  name: z.string().optional(),
  inbound_nodes: z.array(z.unknown()).optional(),
});
type Serialised = z.infer<typeof serialised>;

const modelConfig = z.looseObject({ name: z.string().optional(), layers: z.array(serialised) });

/** The input of a Sequential that does not state it as a layer; Keras takes no name that begins so. */
export const UNSTATED_INPUT = '/input';

/** Graphs by the names that versions of Keras gave them. */
const FUNCTIONAL = new Set(['Functional', 'Model']);

/**
 * @param text the model's JSON
 * @throws KerasFault
 */
export function parseArchitecture(text: string): ModelSpec {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new KerasFault(`its architecture is no JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const root = checked(serialised, json, (what) => new KerasFault(`its architecture ${what}`));
  const spec = parse(root, [], { layers: 0 });
  if (spec.kind === 'layer') throw new KerasFault(`it is a ${spec.className}, not a Sequential or Functional model`);
  return spec;
}

function parse(from: Serialised, above: Path, count: { layers: number }): LayerSpec | ModelSpec {
  const { class_name: className, config } = from;
  if (++count.layers > MOST_LAYERS) throw new KerasFault(`it has more than ${MOST_LAYERS} layers`);
  const name = nameOf(from);
  const path = [...above, name];
  if (path.length > MOST_DEPTH) throw new KerasFault(`its models are nested more than ${MOST_DEPTH} deep`);
  const isGraph = FUNCTIONAL.has(className) && !Array.isArray(config) && 'layers' in config;
  if (!isGraph && className !== 'Sequential') {
    if (Array.isArray(config)) throw faultAt(path, className, 'has no configuration');
    return { kind: 'layer', name, className, config, path };
  }
  // Before Keras 2.2.3 a Sequential's configuration was the list of its layers.
  const body = checked(modelConfig, Array.isArray(config) ? { layers: config } : config, (what) =>
    faultAt(path, className, what),
  );
  const layers = body.layers.map((layer) => parse(layer, path, count));
  const twice = layers.find((layer, index) => layers.findIndex(({ name }) => name === layer.name) !== index);
  if (twice) throw faultAt(twice.path, twice.className, 'has the name of another layer');
  const model = { kind: 'model', name, className, path, layers } as const;
  if (className === 'Sequential') return { ...model, ...chain(layers, config, path) };
  const fault = (what: string) => faultAt(path, className, what);
  return {
    ...model,
    calls: new Map(
      body.layers.map((layer, index) => [
        layers[index]?.name ?? '',
        callsOf(layer.inbound_nodes ?? [], (what) => fault(`${what}, at ${nameOf(layer)}`)),
      ]),
    ),
    inputs: tensorsOf(body['input_layers'], fault),
    outputs: tensorsOf(body['output_layers'], fault),
  };
}

function nameOf({ name, config, class_name: className }: Serialised): string {
  if (name !== undefined) return name;
  const own = Array.isArray(config) ? undefined : config['name'];
  return typeof own === 'string' ? own : className.toLowerCase();
}

/** A Sequential as a graph: each layer takes what the one before it gave. */
function chain(
  layers: readonly (LayerSpec | ModelSpec)[],
  config: unknown,
  path: Path,
): Pick<ModelSpec, 'calls' | 'inputs' | 'outputs' | 'layers'> {
  const [first] = layers;
  const last = layers.at(-1);
  if (!first || !last) throw new KerasFault(`${readable(path)} (Sequential) has no layers`);
  const stated = first.className === 'InputLayer';
  const input: LayerSpec = {
    kind: 'layer',
    name: UNSTATED_INPUT,
    className: 'InputLayer',
    config: { name: first.name === 'input' ? 'inputs' : 'input', batch_shape: sequentialShape(first, config) },
    path: [...path, 'input'],
  };
  const all = stated ? layers : [input, ...layers];
  const calls = new Map(
    all.map((layer, index) => {
      const before = all[index - 1];
      return [layer.name, before ? [[{ tensor: referenceTo(before.name) }]] : []];
    }),
  );
  return { layers: all, calls, inputs: [referenceTo(all[0]?.name ?? '')], outputs: [referenceTo(last.name)] };
}

/** Where a Sequential without an InputLayer keeps its input's shape. */
function sequentialShape(first: LayerSpec | ModelSpec, config: unknown): unknown {
  const own = statedShape(first);
  if (own !== undefined) return own;
  return config !== null && typeof config === 'object' && 'build_input_shape' in config ? config.build_input_shape : undefined;
}

/** The shape that a layer, or a model's input, was written down with, batch first. */
export function statedShape(spec: LayerSpec | ModelSpec): unknown {
  if (spec.kind === 'layer') return spec.config['batch_input_shape'] ?? spec.config['batch_shape'];
  const [input] = spec.inputs;
  const layer = spec.layers.find(({ name }) => name === input?.layer);
  return layer && statedShape(layer);
}

function referenceTo(layer: string): TensorReference {
  return { layer, call: 0, output: 0 };
}
