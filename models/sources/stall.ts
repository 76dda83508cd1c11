// Ends what waits for a source that sends nothing any more: a connection that is held open and silent would hold a start for ever.

/** How long a source may be silent. */
export const STALL_MS = 30_000;

export interface StallWatch {
  /** Aborted when the source was silent for too long, or when the caller gives up. */
  readonly signal: AbortSignal;
  /** Whether it was the source. */
  readonly stalled: () => boolean;
  /** To be called with everything that comes. */
  readonly heard: () => void;
  readonly close: () => void;
}

/** Watches from now on. */
export function watchForStall(ms: number, outer: AbortSignal | undefined): StallWatch {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), ms);
  return {
    signal: outer ? AbortSignal.any([outer, silent.signal]) : silent.signal,
    stalled: () => silent.signal.aborted,
    heard: () => void timer.refresh(),
    close: () => clearTimeout(timer),
  };
}
