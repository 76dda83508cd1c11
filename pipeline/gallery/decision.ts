// Who a face is, from the most similar people: a name only when it is likely and nobody else is nearly as likely.
import type { Candidate, NoPersonReason } from '../../protocol/payloads.js';

export interface MatchRule {
  /** Least cosine of a named person. */
  readonly match: number;
  /** Least lead in cosine over the second best person. */
  readonly margin: number;
}

export interface Decision {
  readonly person: Candidate | null;
  readonly candidates: readonly Candidate[];
  /** Why there is no person; absent when there is one. */
  readonly reason?: NoPersonReason;
}

/** @param candidates the most similar people, best first, one entry a person; at least two where there are two */
export function decide(candidates: readonly Candidate[], rule: MatchRule): Decision {
  const [best, second] = candidates;
  if (best === undefined) return { person: null, candidates, reason: 'empty_gallery' };
  if (best.similarity < rule.match) return { person: null, candidates, reason: 'below_threshold' };
  if (second !== undefined && best.similarity - second.similarity < rule.margin) {
    return { person: null, candidates, reason: 'ambiguous' };
  }
  return { person: best, candidates };
}
