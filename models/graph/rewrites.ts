// The rewrites that every fetched graph goes through, in their order.
import { loadGraph } from './graph.js';
import { foldPrelu } from './fold-prelu.js';
import { freeBatch } from './free-batch.js';
import { splitBatch } from './split-batch.js';
import type { Rewrite } from './rewrite.js';

/** Part of a derived file's name: raise it with every change of a rewrite or of the check. */
export const REWRITE_VERSION = 2;

export const REWRITES: readonly Rewrite[] = [freeBatch, splitBatch, foldPrelu];

export interface Rewritten {
  readonly bytes: Uint8Array;
  /** Names of those that changed something. */
  readonly applied: readonly string[];
}

/** Applies rewrites to a model file. @throws ModelError `BAD_MODEL` when it is no ONNX model */
export function rewrite(original: Uint8Array, rewrites: readonly Rewrite[], label: string): Rewritten {
  const { graph, encode } = loadGraph(original, label);
  const applied = rewrites.filter((entry) => entry.apply(graph) > 0).map((entry) => entry.name);
  return { bytes: applied.length > 0 ? encode() : original, applied };
}
