// Weights as .keras files keep them: a group for each layer, called by its class and how many of that class came before it, and in
// it `vars/0`, `vars/1`… in the order in which Keras makes them.
import type { LayerSpec, ModelSpec } from './architecture.js';
import type { Hdf5File } from './hdf5.js';
import type { LayerTensors, WeightSource } from './weights.js';

const LAYERS = 'layers';
/** What Keras 2 called the same. It counts a layer twice there, so that the numbers have gaps. */
const OLD_LAYERS = '_layer_checkpoint_dependencies';

export function weightsByPlace(file: Hdf5File, model: ModelSpec): WeightSource {
  const places = new Map<string, string>();
  placeLayers(file, model, '', places);
  return {
    of: (path): LayerTensors => {
      const place = places.get(path.join('\n'));
      return { find: (_names, position) => (place === undefined ? undefined : file.tensor(`${place}/vars/${position}`)) };
    },
  };
}

function placeLayers(file: Hdf5File, model: ModelSpec, group: string, places: Map<string, string>): void {
  const there = file.names(group === '' ? '/' : group);
  const container = `${group}/${there.includes(LAYERS) ? LAYERS : OLD_LAYERS}`;
  const groups = file.names(container);
  const byName = new Map<string, string>();
  for (const name of groups) {
    const layer = file.text(`${container}/${name}/vars`, 'name');
    if (layer !== undefined) byName.set(layer, name);
  }
  const counts = new Map<string, number>();
  for (const layer of model.layers) {
    const base = groupName(layer);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const name =
      byName.get(layer.name) ?? (container.endsWith(OLD_LAYERS) ? inOrder(groups, base)[count] : suffixed(base, count));
    if (name === undefined) continue;
    const place = `${container}/${name}`;
    if (layer.kind === 'model') placeLayers(file, layer, place, places);
    else places.set(layer.path.join('\n'), place);
  }
}

function suffixed(base: string, count: number): string {
  return count === 0 ? base : `${base}_${count}`;
}

/** Groups of a class, in the order of their numbers. */
function inOrder(groups: readonly string[], base: string): string[] {
  const numberOf = (name: string) => (name === base ? 0 : Number(name.slice(base.length + 1)));
  return groups
    .filter((name) => name === base || (name.startsWith(`${base}_`) && /^\d+$/.test(name.slice(base.length + 1))))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

/** `BatchNormalization` is `batch_normalization`, by Keras' own rule. */
function groupName({ className }: LayerSpec | ModelSpec): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
