// Which streams somebody may touch: ids, with `*` for any characters.
const ALL = '*';

export class StreamPatterns {
  static readonly ALL = new StreamPatterns([ALL]);
  readonly texts: readonly string[];
  readonly #everything: boolean;
  readonly #exact: ReadonlySet<string>;
  readonly #wild: readonly (readonly string[])[];

  /** @param texts as `STREAM_PATTERN` has them */
  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.#everything = texts.some((text) => /^\*+$/.test(text));
    this.#exact = new Set(texts.filter((text) => !text.includes('*')));
    this.#wild = texts.filter((text) => text.includes('*')).map((text) => text.split('*'));
  }

  get isAll(): boolean {
    return this.#everything;
  }

  has(stream: string): boolean {
    return this.#everything || this.#exact.has(stream) || this.#wild.some((parts) => matches(parts, stream));
  }
}

/** In one pass: each part between two stars is taken where it comes first, so no pattern costs more than the length of the id. */
function matches(parts: readonly string[], stream: string): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (!stream.startsWith(first) || !stream.endsWith(last) || stream.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = stream.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= stream.length - last.length;
}
