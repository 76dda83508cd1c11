// A time as the lists of people show it.

/** To the minute, in UTC. */
export function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');
}
