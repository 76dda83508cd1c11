// A name within a sentence: a very long one would push the sentence itself out of sight.

const MOST_CHARACTERS = 40;

export function shortName(name: string): string {
  const characters = Array.from(name);
  return characters.length <= MOST_CHARACTERS
    ? name
    : `${characters
        .slice(0, MOST_CHARACTERS - 1)
        .join('')
        .trimEnd()}…`;
}
