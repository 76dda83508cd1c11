// The reasons for which somebody is not let in, apart from whoever counts them.

/** Why somebody was not let in; the values of a metric's label. */
export const REFUSALS = ['host', 'origin', 'unauthorized', 'forbidden', 'rate_limited'] as const;
export type Refusal = (typeof REFUSALS)[number];
