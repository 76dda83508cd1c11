// How long to wait before the next attempt to connect: exponential, with jitter so that many clients do not come back at once.

export interface ReconnectOptions {
  /** Upper bound of the first wait. Default 250. */
  readonly initialDelayMs?: number;
  /** Upper bound of any wait. Default 10,000. */
  readonly maxDelayMs?: number;
  /** Attempts in a row that may fail before the client gives up. Default: never gives up. */
  readonly maxAttempts?: number;
}

export const RECONNECT_DEFAULTS: Required<ReconnectOptions> = {
  initialDelayMs: 250,
  maxDelayMs: 10_000,
  maxAttempts: Infinity,
};

/**
 * Wait before attempt number `attempt` (from 1), in ms: between half and all of the exponential bound ("equal jitter",
 * as in the AWS architecture blog's "Exponential Backoff And Jitter").
 *
 * @param random a number in 0..1, e.g. of `Math.random`
 */
export function backoffMs(attempt: number, options: Required<ReconnectOptions>, random: number): number {
  const bound = Math.min(options.maxDelayMs, options.initialDelayMs * 2 ** (attempt - 1));
  return bound / 2 + (bound / 2) * random;
}
