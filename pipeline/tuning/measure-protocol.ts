// What a measuring thread is given and what it answers.
import type { PreparedModel, PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lane-protocol.js';

export interface MeasureSettings {
  readonly pack: PreparedPack;
  readonly provider: Provider;
  readonly threads: number;
  readonly batches: readonly number[];
  readonly picture: Uint8Array;
  /** How long each batch size is measured, ms. */
  readonly eachMs: number;
}
export interface MeasuredModel {
  readonly id: PreparedModel['id'];
  readonly kind: 'detector' | 'landmarks' | 'embedder';
  readonly runs: readonly { readonly batch: number; readonly ms: number }[];
}
/** All threads begin when each of them is ready, so that they measure what they cost one another. */
export type MeasureReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'measured'; readonly models: readonly MeasuredModel[]; readonly lookMs: number; readonly glanceMs: number }
  | { readonly kind: 'failed'; readonly message: string };
