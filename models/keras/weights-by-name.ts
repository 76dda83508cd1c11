// Weights as .h5 files keep them: a group for each layer of the outermost model, and in it a list of names such as
// `conv/kernel:0`. A model within the model has its layers' weights in its own group, told apart by the layers' names.
import type { Path } from './bad-model.js';
import type { Hdf5File, StoredTensor } from './hdf5.js';
import type { LayerTensors, WeightSource } from './weights.js';

const MODEL_WEIGHTS = 'model_weights';
/** What any version of Keras calls a weight of the layers that are known here. */
const USUAL_NAMES = /^((depthwise_|pointwise_)?kernel|bias|gamma|beta|moving_mean|moving_variance|alpha|mean|variance|count)$/;

interface Entry {
  /** `block`, `conv`, `kernel`. */
  readonly parts: readonly string[];
  readonly dataset: string;
}

export function weightsByName(file: Hdf5File): WeightSource {
  const root = file.names('/').includes(MODEL_WEIGHTS) ? `/${MODEL_WEIGHTS}` : '';
  const groups = new Map<string, Entry[]>();
  const entriesIn = (layer: string): Entry[] => {
    const known = groups.get(layer);
    if (known) return known;
    const group = `${root}/${layer}`;
    const names = file.names(group).length > 0 ? file.texts(group, 'weight_names') : undefined;
    const entries = (names ?? []).map((name) => ({ parts: name.replace(/:\d+$/, '').split('/'), dataset: `${group}/${name}` }));
    groups.set(layer, entries);
    return entries;
  };
  return {
    of: ([, outermost = '', ...within]: Path): LayerTensors => {
      const entries = entriesIn(outermost);
      return {
        find: (names, position): StoredTensor | undefined => {
          const entry = within.length === 0 ? ofLayer(entries, names, position) : ofInnerLayer(entries, names, within);
          return entry && file.tensor(entry.dataset);
        },
      };
    },
  };
}

/** A layer that was renamed keeps its weights' old names, so only what comes last in them counts. */
function ofLayer(entries: readonly Entry[], names: readonly string[], position: number): Entry | undefined {
  const named = entries.find(({ parts }) => names.includes(parts.at(-1) ?? ''));
  if (named) return named;
  return entries.some(({ parts }) => USUAL_NAMES.test(parts.at(-1) ?? '')) ? undefined : entries[position];
}

/** The entry that agrees with most of the layer's path, its own name at least. */
function ofInnerLayer(entries: readonly Entry[], names: readonly string[], within: readonly string[]): Entry | undefined {
  let found = entries.filter(({ parts }) => names.includes(parts.at(-1) ?? '') && parts.at(-2) === within.at(-1));
  for (let depth = 2; found.length > 1 && depth <= within.length; depth++) {
    const closer = found.filter(({ parts }) => parts.at(-1 - depth) === within.at(-depth));
    if (closer.length === 0) break;
    found = closer;
  }
  return found.length === 1 ? found[0] : undefined;
}
