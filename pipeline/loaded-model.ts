// A model as it is loaded, for the greeting of clients and /v1/models.
import type { Licence, PreparedModel } from '../models/prepared.js';
import type { Provider } from './lane-protocol.js';

export interface LoadedModel {
  readonly id: string;
  readonly task: 'detect' | 'landmarks' | 'embed';
  readonly family: string;
  readonly version: string;
  readonly sha256: string;
  /** The provider that is really live. */
  readonly provider: Provider;
  readonly input: { readonly width: number; readonly height: number; readonly colour: string };
  /** Length of its embeddings, for an embedder. */
  readonly dim?: number;
  readonly licence: Licence;
  readonly load_ms: number;
  readonly warmup_ms: number;
}

const TASK_OF_KIND = { detector: 'detect', landmarks: 'landmarks', embedder: 'embed' } as const;

export function loadedModel(
  model: PreparedModel & { readonly dim?: number },
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
    input: { width: input.width, height: input.height, colour: input.colour },
    ...(model.dim === undefined ? {} : { dim: model.dim }),
    licence,
    load_ms: Math.round(start.loadMs),
    warmup_ms: Math.round(start.warmupMs),
  };
}
