// How Keras 3 writes a model down, made of how Keras 2 does.
import type { Json } from './keras-files.js';

export interface ModelJson {
  class_name: string;
  config: { layers: LayerJson[]; input_layers: unknown; output_layers: unknown } & Json;
}
interface LayerJson {
  class_name: string;
  config: Json;
  inbound_nodes: unknown[];
}

/** The same JSON in the words of Keras 3. */
export function asKeras3(json: Json): Json {
  const { config, ...rest } = json as unknown as ModelJson;
  const converted = config.layers.map((layer) => {
    const inner = layer.class_name === 'Model' || layer.class_name === 'Functional';
    const tensor = ([name, call, output]: [string, number, number]) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null], dtype: 'float32', keras_history: [name, call, output] },
    });
    const nodes = (layer.inbound_nodes as [string, number, number][][]).map((node) => {
      const tensors = node.map(tensor);
      return { args: tensors.length === 1 ? tensors : [tensors], kwargs: {} };
    });
    const { batch_input_shape: shape, ...others } = layer.config;
    const own = inner
      ? (asKeras3({ class_name: 'Functional', config: layer.config })['config'] as Json)
      : { ...others, ...(shape ? { batch_shape: shape } : {}) };
    return {
      ...layer,
      class_name: inner ? 'Functional' : layer.class_name,
      module: 'keras.layers',
      config: own,
      inbound_nodes: nodes,
    };
  });
  const [first] = config.input_layers as unknown[];
  const [last] = config.output_layers as unknown[];
  return {
    ...rest,
    class_name: 'Functional',
    config: { ...config, layers: converted, input_layers: first, output_layers: last },
  };
}

/** The output of a layer. */
export const kerasTensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 12, 10, 3], dtype: 'float32', keras_history: [name, 0, 0] },
});
