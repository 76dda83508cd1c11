// Who a face is, from the most similar people: a name only when it is likely and nobody else is nearly as likely.
import type { Candidate, NoPersonReason } from '../../protocol/payloads.js';

export interface MatchRule {
  /** Least cosine of a named person. */
  readonly match: number;
  /** Least lead in cosine over the second best person. */
  readonly margin: number;
  /** Whether two people were declared to be two although they resemble each other; by default nobody was. */
  readonly areTwins?: ((one: string, other: string) => boolean) | undefined;
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
  // Which of two who resemble each other is the more similar one changes with light and pose, by more than any margin.
  const resembling = candidates.slice(1).filter(({ similarity }) => similarity >= rule.match);
  if (resembling.some(({ id }) => rule.areTwins?.(best.id, id))) return { person: null, candidates, reason: 'ambiguous' };
  return { person: best, candidates };
}
