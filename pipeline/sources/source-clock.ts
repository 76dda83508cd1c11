// Time as sources need it, so that tests can turn it by hand.

export interface SourceClock {
  /** Milliseconds from any fixed start, never going back. */
  nowMs(): number;
  /** Unix time in milliseconds, as people and clients are told it. */
  unixMs(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** A wait is taken in steps of this, so a process that stood still in the middle of one has lost no more than a step. */
const STEP_MS = 1000;

/**
 * As `after`, but only time in which this process ran counts: after a standstill (a paused machine, SIGSTOP) what waits in
 * the pipes is read before anybody is blamed for silence.
 */
export function afterRunning(clock: Pick<SourceClock, 'after'>, delayMs: number, action: () => void): () => void {
  let cancel = (): void => undefined;
  const step = (leftMs: number): void => {
    const stepMs = Math.min(STEP_MS, leftMs);
    cancel = clock.after(stepMs, () => (leftMs <= stepMs ? action() : step(leftMs - stepMs)));
  };
  step(delayMs);
  return () => cancel();
}

export const SYSTEM_CLOCK: SourceClock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
