// A pack that is ready to run: every file fetched, checked, its batch dimension freed and lying in the cache.
// Plain data, so that it can be handed to a worker thread as it is.
import type { AttributeName } from './attributes/face-attributes.js';
import { FAMILY_KINDS, type FamilyKind, type ImageInput } from './family.js';
import type { TensorInput } from './tensor-input.js';

export interface Licence {
  /** SPDX id, or what the weights' publisher calls it. */
  readonly id: string;
  /** What a user must know before relying on it. */
  readonly caveats: readonly string[];
}

export interface PreparedModel {
  /** Unique within the service: `<pack>/<file stem>`, e.g. `default/fr_detect`. */
  readonly id: string;
  readonly kind: FamilyKind;
  /** File name in families/ without ending. */
  readonly family: string;
  readonly version: string;
  /** Of the file as published, lower-case hex: the identity of the model, stored with embeddings. */
  readonly sha256: string;
  /** Absolute path of the graph to load, batch freed. */
  readonly path: string;
  /** The family's input with the manifest's overrides applied. */
  readonly input: ImageInput;
  readonly licence: Licence;
}

/** A network that tells one thing of a face beside who it is. */
export interface PreparedAttribute extends Omit<PreparedModel, 'kind' | 'input'> {
  readonly kind: 'attribute';
  readonly name: AttributeName;
  readonly input: TensorInput;
}

export interface PackThresholds {
  /** Least detector score of a face, 0..1. */
  readonly detectionScore: number;
  /** Boxes overlapping more than this IoU are one face. */
  readonly nmsIou: number;
  /** Least cosine of a named person. */
  readonly match: number;
  /** Least lead in cosine over the second best person. */
  readonly margin: number;
}

export interface PreparedPack {
  readonly id: string;
  readonly version: string;
  readonly detector: PreparedModel;
  /** Absent where the detector finds the points itself. */
  readonly landmarks?: PreparedModel;
  /** Absent in a pack that only detects. */
  readonly embedder?: PreparedModel & { readonly dim: number };
  /** Those that are wanted. */
  readonly attributes: readonly PreparedAttribute[];
  readonly thresholds: PackThresholds;
}

/** Those that a pack has, in the order in which a face passes them. */
export function modelsOf(pack: PreparedPack): readonly PreparedModel[] {
  return FAMILY_KINDS.flatMap((kind) => pack[kind] ?? []);
}
