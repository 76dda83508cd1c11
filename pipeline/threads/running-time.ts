// The time in which this process ran. It stands still when its machine is paused or suspended, when it is stopped (SIGSTOP), and
// while its thread is busy; the system's clocks go on meanwhile, or leap. Whoever judges by silence asks here: what came while
// the process stood waits in the sockets and pipes, and is read before anybody is blamed.

/** A timer that is later than this shows that the process stood still. */
export const STANDSTILL_MS = 1000;

/** What is needed of a clock: `after` runs an action once, and returns what calls it off. */
export interface TimerClock {
  /** Milliseconds from any fixed start, never going back. */
  nowMs(): number;
  after(delayMs: number, action: () => void): () => void;
}

export const SYSTEM_TIMERS: TimerClock = {
  nowMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Runs `action` once when this process has run for so long, and not in the first moment after it stood still: what waits is
 * read first.
 * @returns calls it off
 */
export function afterRunning(delayMs: number, action: () => void, clock: TimerClock = SYSTEM_TIMERS): () => void {
  let cancel = (): void => undefined;
  const step = (leftMs: number): void => {
    const stepMs = Math.min(STANDSTILL_MS, leftMs);
    const dueMs = clock.nowMs() + stepMs;
    cancel = clock.after(stepMs, () => {
      const restMs = leftMs - stepMs;
      // Others may have stood too, a child or the far side of a socket: they get the time to say what they have to say.
      if (clock.nowMs() - dueMs > STANDSTILL_MS) step(Math.max(restMs, STANDSTILL_MS));
      else if (restMs > 0) step(restMs);
      else action();
    });
  };
  step(delayMs);
  return () => cancel();
}

/** How long the process stood still, as far as that is known; and when it was looked at last, by `performance.now()`. */
let stoodMs = 0;
let lookedMs = performance.now();

/**
 * How long this process has stood still since its start, ms. It shows by the time between two calls: the pipeline calls it ten
 * times a second, and whoever takes something in calls it first.
 */
export function standstillMs(): number {
  const nowMs = performance.now();
  const gapMs = nowMs - lookedMs;
  lookedMs = nowMs;
  if (gapMs > STANDSTILL_MS) stoodMs += gapMs;
  return stoodMs;
}

/** As `performance.now()`, but without the time in which this process stood still: for how long work took. */
export function runningMs(): number {
  return performance.now() - standstillMs();
}
