// Time as sources need it, so that tests can turn it by hand.
import { SYSTEM_TIMERS, type TimerClock } from '../threads/running-time.js';

export interface SourceClock extends TimerClock {
  /** Unix time in milliseconds, as people and clients are told it. */
  unixMs(): number;
}

export const SYSTEM_CLOCK: SourceClock = { ...SYSTEM_TIMERS, unixMs: () => Date.now() };
