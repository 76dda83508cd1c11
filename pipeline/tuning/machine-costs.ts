// What a machine needs for each part of a frame, as measured on it. Plain data: kept on disk, and told to clients.
import type { FamilyKind } from '../../models/family.js';
import type { Provider } from '../lanes/lane-protocol.js';

/** One run of a model. */
export interface RunCost {
  readonly batch: number;
  /** Threads within an operator. */
  readonly threads: number;
  /** How many sessions ran at the same time. */
  readonly lanes: number;
  /** Wall time of the whole batch while nothing else disturbs, ms. */
  readonly ms: number;
}
export interface ModelCosts {
  readonly id: string;
  readonly kind: FamilyKind;
  readonly runs: readonly RunCost[];
}
export interface MachineCosts {
  readonly provider: Provider;
  readonly cores: number;
  readonly models: readonly ModelCosts[];
  /** A 1280x720 JPEG of a camera to pixels and a detector's input, ms; and to its brightness alone, for a glance. */
  readonly lookMs: number;
  readonly glanceMs: number;
}

/** ms of a batch, or undefined where it was not measured. */
export function runMs({ runs }: ModelCosts, batch: number, threads: number): number | undefined {
  return runs.find((run) => run.batch === batch && run.threads === threads)?.ms;
}
