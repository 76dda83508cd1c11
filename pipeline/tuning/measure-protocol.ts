// What the process that measures, and each of its threads, is given and answers.
import type { FamilyKind } from '../../models/family.js';
import type { PreparedModel, PreparedPack } from '../../models/prepared.js';
import type { Provider } from '../lanes/lane-protocol.js';
import type { MachineCosts } from './machine-costs.js';

/** To the process. */
export interface MeasureRequest {
  readonly pack: PreparedPack;
  readonly provider: Provider;
  /** How long each point of a curve is measured, ms. */
  readonly eachMs: number;
}
export type MeasureAnswer =
  { readonly kind: 'costs'; readonly costs: MachineCosts } | { readonly kind: 'failed'; readonly message: string };

/** To a thread. */
export interface MeasureSettings extends MeasureRequest {
  readonly threads: number;
  readonly batches: readonly number[];
  readonly picture: Uint8Array;
}
export interface MeasuredModel {
  readonly id: PreparedModel['id'];
  readonly kind: FamilyKind;
  readonly runs: readonly { readonly batch: number; readonly ms: number }[];
}
/** `close` is for one that is not to begin, since another one failed. */
export type MeasureCommand = 'begin' | 'close';
/** All threads begin when each of them is ready, so that they measure what they cost one another. */
export type MeasureReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'measured'; readonly models: readonly MeasuredModel[]; readonly lookMs: number; readonly glanceMs: number }
  | { readonly kind: 'failed'; readonly message: string };
