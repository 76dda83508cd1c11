// Two clocks: what is measured goes by the one that never steps (`performance.now()`), what is told by the wall's, which
// does when it is set: on a board without a battery minutes after the start, anywhere after a suspend.

/** No clock that is set is before this: the program is younger. */
export const CLOCK_SET_MS = Date.UTC(2025, 0, 1);

/** Less than this is the resolution of the clocks, and slewing; the same moment is told as the same time twice. */
const STEP_MS = 100;

let offsetMs = performance.timeOrigin;

/** Unix ms of a moment of `performance.now()`, by the wall clock as it is set at present. */
export function unixMsOf(monotonicMs: number): number {
  const nowMs = Date.now() - performance.now();
  if (Math.abs(nowMs - offsetMs) > STEP_MS) offsetMs = nowMs;
  return Math.round(offsetMs + monotonicMs);
}
