// Who a face is, from the most similar people: a name only when it is likely and nobody else is nearly as likely.
import type { Candidate, NoPersonReason } from '../../../../protocol/payloads.js';

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

/**
 * A person is in one place at a time: of several faces of one picture that are named as one person, the most similar one keeps
 * the name (of equals the first), and the others are `ambiguous`.
 * @param mayBeTwo whether somebody who looks like the person may be in the picture, so that each keeps their own decision
 */
export function namedOnce<D extends Decision>(decisions: readonly D[], mayBeTwo: (person: string) => boolean): readonly D[] {
  const best = new Map<string, D>();
  for (const decision of decisions) {
    const { person } = decision;
    const before = person === null ? undefined : best.get(person.id);
    if (person !== null && (before?.person?.similarity ?? -Infinity) < person.similarity) best.set(person.id, decision);
  }
  return decisions.map((decision) => {
    const { person } = decision;
    if (person === null || best.get(person.id) === decision || mayBeTwo(person.id)) return decision;
    return { ...decision, person: null, reason: 'ambiguous' };
  });
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
