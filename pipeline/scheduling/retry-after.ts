// When it is worth coming again, as clients are told it. An estimate is only that: nobody is sent away for longer than a minute by one.
const LEAST_MS = 100;
const MOST_MS = 60_000;

/** @param ms undefined where nothing is known @returns options for an `OnlookerError` */
export function retryAfter(ms: number | undefined): { readonly retryAfterMs?: number } {
  return ms === undefined ? {} : { retryAfterMs: Math.ceil(Math.min(MOST_MS, Math.max(LEAST_MS, ms))) };
}

/** How long the rest takes at the pace so far, ms; undefined before anything is done. */
export function restMs(done: number, total: number, elapsedMs: number): number | undefined {
  return done > 0 ? (elapsedMs * Math.max(0, total - done)) / done : undefined;
}
