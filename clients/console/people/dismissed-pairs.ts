// Pairs of people who look alike and are two all the same: the user said so, and is not told again. Ids alone are kept. Pure.

/** The oldest are forgotten above this. */
const MOST = 500;

/** The same for both orders of the two. */
export function pairKey(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

/** @param stored as `dismissedWith` made it, or whatever else stands there */
export function dismissedPairs(stored: string | undefined): ReadonlySet<string> {
  return new Set((stored ?? '').split(',').filter((key) => key !== ''));
}

export function dismissedWith(stored: string | undefined, key: string): string {
  const others = [...dismissedPairs(stored)].filter((one) => one !== key);
  return [...others, key].slice(-MOST).join(',');
}

/** Whom somebody looks most like, of pairs that come most similar first. */
export function mostAlike(
  pairs: readonly { readonly people: readonly [{ readonly id: string }, { readonly id: string }] }[],
  id: string,
): string | undefined {
  const pair = pairs.find(({ people }) => people.some((person) => person.id === id));
  return pair?.people.find((person) => person.id !== id)?.id;
}
