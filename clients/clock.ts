// Time as the client library needs it, so that tests can turn it by hand.

export interface Clock {
  /** Milliseconds from any fixed start, never going back. */
  nowMs(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** As `systemClock`, for what must keep no process alive. */
export const unheldClock: Clock = {
  ...systemClock,
  after(delayMs, action) {
    const timer: unknown = setTimeout(action, delayMs);
    // Of browsers it is a number.
    (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer as number);
  },
};

/**
 * Who waits for an answer looks at the time so often. Between two looks no more than a step counts as waited: this process, or
 * page, may have stood still (a laptop that was closed), and what was answered meanwhile waits to be read.
 */
const LOOKS = 4;
/** A look that is later than this comes after a standstill: nothing is given up then, but at the next. */
const STANDSTILL_MS = 1000;

/**
 * Looks again and again at how long nothing has come, until that is too long.
 *
 * @param heard whether something has come since the last look
 * @returns ends it
 */
export function watchSilence(timeoutMs: number, heard: () => boolean, onSilence: () => void, clock: Clock): () => void {
  const stepMs = timeoutMs / LOOKS;
  let cancel = (): void => undefined;
  const step = (silentMs: number): void => {
    const dueMs = clock.nowMs() + stepMs;
    cancel = clock.after(stepMs, () => {
      const isLate = clock.nowMs() - dueMs > STANDSTILL_MS;
      const nowSilentMs = heard() ? 0 : silentMs + stepMs;
      if (nowSilentMs < timeoutMs) step(nowSilentMs);
      // Once alone: a browser lets the timers of a hidden page come late all the time.
      else if (isLate && silentMs < timeoutMs) step(nowSilentMs);
      else onSilence();
    });
  };
  step(0);
  return () => cancel();
}
