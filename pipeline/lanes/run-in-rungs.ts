// Items through a model in batches of the ladder.
import type { Outputs } from '../../models/family.js';
import { splitIntoRungs } from '../scheduling/batch-ladder.js';
import type { JobCost } from './lane-task.js';
import type { ModelSession } from './model-session.js';

export interface RungSteps<T> {
  /** Writes an item into the input, from `offset` on. */
  fill(item: T, input: Float32Array, offset: number): void;
  /** Reads what came of it; the outputs are gone after the call. */
  read(outputs: Outputs, index: number, item: T): void;
}

/** `fill` and `read` see every item once, in order. */
export async function runInRungs<T>(
  session: ModelSession,
  ladder: readonly number[],
  items: readonly T[],
  cost: JobCost,
  steps: RungSteps<T>,
): Promise<void> {
  let from = 0;
  for (const rung of splitIntoRungs(items.length, ladder)) {
    const batch = items.slice(from, from + rung);
    const input = session.input(rung);
    batch.forEach((item, index) => steps.fill(item, input, session.offset(index)));
    const outputs = await session.run(rung);
    batch.forEach((item, index) => steps.read(outputs, index, item));
    cost.batches.push({ model: session.model.id, size: rung });
    from += rung;
  }
}
