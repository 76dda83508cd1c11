// A prepared model, once it is loaded, as clients are told of it.
import type { PreparedAttribute, PreparedModel } from '../../models/prepared.js';
import type { ServedModel } from '../../models/served/served-model.js';
import type { LoadedModel } from '../../protocol/models.js';
import type { Provider } from './lane-protocol.js';

const TASK_OF_KIND = {
  detector: 'detect',
  landmarks: 'landmarks',
  embedder: 'embed',
  attribute: 'attributes',
} as const satisfies Record<(PreparedModel | PreparedAttribute)['kind'], LoadedModel['task']>;

export function loadedModel(
  model: (PreparedModel | PreparedAttribute) & { readonly dim?: number },
  provider: Provider,
  start: { readonly loadMs: number; readonly warmupMs: number },
): LoadedModel {
  const { id, family, version, sha256, licence, input } = model;
  return {
    id,
    task: TASK_OF_KIND[model.kind],
    family,
    version,
    sha256,
    provider,
    input: { width: input.width, height: input.height, colour: 'colour' in input ? input.colour : input.channels },
    ...(model.dim === undefined ? {} : { dim: model.dim }),
    licence: licence.id,
    licence_caveats: licence.caveats,
    load_ms: Math.round(start.loadMs),
    warmup_ms: Math.round(start.warmupMs),
  };
}

/** As `loadedModel`, of a model that lies in a folder. */
export function servedModelInfo(
  { id, task, family, version, sha256, licence, input }: ServedModel,
  provider: Provider,
  start: { readonly loadMs: number; readonly warmupMs: number },
): LoadedModel {
  return {
    id,
    task,
    family: family ?? task,
    version,
    sha256,
    provider,
    input: { width: input.width, height: input.height, colour: input.channels },
    licence: licence?.id ?? 'unknown',
    licence_caveats: licence?.caveats ?? [],
    load_ms: Math.round(start.loadMs),
    warmup_ms: Math.round(start.warmupMs),
  };
}
