// Time as sources need it, so that tests can turn it by hand.

export interface SourceClock {
  /** Milliseconds from any fixed start, never going back. */
  nowMs(): number;
  /** Unix time in milliseconds, as people and clients are told it. */
  unixMs(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export const SYSTEM_CLOCK: SourceClock = {
  nowMs: () => performance.now(),
  unixMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
