// The id under which a camera of this page is a stream, for somebody who may not choose any: one that a pattern of theirs allows.

const MOST_LETTERS = 64;

/** @param patterns of the streams that one may touch @returns undefined where any id will do */
export function allowedStream(patterns: readonly string[], random: string): string | undefined {
  const [first] = patterns;
  if (first === undefined || patterns.includes('*')) return undefined;
  // One that leaves room, so that two pages of the same key do not take each other's stream over.
  const open = patterns.find((pattern) => pattern.includes('*') && pattern.length <= MOST_LETTERS - random.length);
  return open === undefined ? first.replaceAll('*', '') : open.replace('*', random).replaceAll('*', '');
}
