// Batch sizes are powers of two up to a limit: with free shapes the runtime's arena grows for ever on a GPU.

/** @returns 1, 2, 4, … up to `maxBatch` */
export function ladderUpTo(maxBatch: number): readonly number[] {
  const ladder = [1];
  for (let rung = 2; rung <= maxBatch; rung *= 2) ladder.push(rung);
  return ladder;
}

/** @returns the largest rung up to `maxBatch`: 3 is 2 */
export function topRung(maxBatch: number): number {
  return ladderUpTo(maxBatch).at(-1) ?? 1;
}

/** Splits a number of items into rungs of the ladder, largest first: 7 is 4, 2, 1. */
export function splitIntoRungs(count: number, ladder: readonly number[]): number[] {
  const rungs: number[] = [];
  let left = count;
  for (const rung of [...ladder].sort((a, b) => b - a)) {
    while (left >= rung) {
      rungs.push(rung);
      left -= rung;
    }
  }
  return rungs;
}
