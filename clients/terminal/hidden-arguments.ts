// What stands on the command line is shown to everybody on the machine by `ps`. Secrets that were given there are taken out of
// what it shows as soon as the program runs. A moment remains, so keys belong into a file or the environment.

const SECRET_OPTIONS: ReadonlySet<string> = new Set(['--key', '--header', '-H']);
const STARS = '***';

/** Rewrites what `ps` shows, where something in it is secret. Does nothing otherwise. */
export function hideSecretArguments(words: readonly string[]): void {
  const hidden = withoutSecrets(words);
  if (hidden.some((word, i) => word !== words[i])) process.title = ['onlooker', ...hidden].join(' ');
}

/** The words with `***` for keys, values of headers, and what stands before the `@` of an address. */
export function withoutSecrets(words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (SECRET_OPTIONS.has(words[i - 1] ?? '')) return word === '-' || word.startsWith('@') ? word : STARS;
    const [option] = /^(--key=|--header=|-H(?=.))/.exec(word) ?? [];
    if (option !== undefined) return `${option}${STARS}`;
    return word.replace(/onl_[\w-]{8,}/g, `onl_${STARS}`).replace(/:\/\/\S*@/g, `://${STARS}@`);
  });
}
