// Items through a model in batches of the ladder.
import type { Outputs } from '../../models/family.js';
import { splitIntoRungs } from '../scheduling/batch-ladder.js';
import type { JobCost } from './lane-task.js';
import type { TensorData } from '../images/write-tensor.js';
import type { ModelSession, SessionModel } from './model-session.js';

export interface RungSteps<T, D extends TensorData = Float32Array> {
  /** Writes an item into the input, from `offset` on. */
  fill(item: T, input: D, offset: number): void;
  /** Reads what came of it; the outputs are gone after the call. */
  read(outputs: Outputs, index: number, item: T): void;
}

/** `fill` and `read` see every item once, in order. */
export async function runInRungs<T, D extends TensorData = Float32Array>(
  session: ModelSession<SessionModel, D>,
  items: readonly T[],
  cost: JobCost,
  steps: RungSteps<T, D>,
): Promise<void> {
  let from = 0;
  for (const rung of rungsFor(items.length, session.ladder)) {
    const batch = items.slice(from, from + rung);
    const input = session.input(rung);
    batch.forEach((item, index) => steps.fill(item, input, session.offset(index)));
    const outputs = await session.run(rung);
    batch.forEach((item, index) => steps.read(outputs, index, item));
    cost.batches.push({ model: session.model.id, size: batch.length });
    from += rung;
  }
}

/** A graph that takes no single item is given what the last batch left in the places that stay free. */
function rungsFor(count: number, ladder: readonly number[]): readonly number[] {
  const [least = 1] = ladder;
  return splitIntoRungs(Math.ceil(count / least) * least, ladder);
}
