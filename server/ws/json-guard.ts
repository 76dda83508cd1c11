// Walks over a JSON message before it is parsed, without building anything: refuses depth and numbers of values that only an
// attacker sends, and finds the one long text, the image. It does not judge the grammar: what passes here is still parsed.
import { OnlookerError } from '../../protocol/errors.js';

const MAX_DEPTH = 32;
/** Values and names of all kinds in one message, as of msgpack; the largest honest one, `subscribe`, has a thousand. */
const MAX_VALUES = 4096;
/** Most bytes of a message beside its image, and of a text that is not looked upon as one. */
const MAX_PLAIN_BYTES = 256 * 1024;
/** Quotes behind a backslash: each stops the search for the end of its text. */
const MAX_ESCAPED_QUOTES = 4096;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Where a text lies, without its quotes. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Checks the form of one message in a time that grows with all but its long text.
 * @returns the text that is longer than everything else may be together; null where there is none
 * @throws OnlookerError BAD_MESSAGE
 */
export function assertPlainJson(bytes: Buffer): TextSpan | null {
  let depth = 0;
  let values = 1;
  let escapedQuotes = 0;
  let long: TextSpan | null = null;
  // Where this message ends if what is not plain is left out.
  let plainEnd = MAX_PLAIN_BYTES;
  for (let at = 0; at < bytes.length; at++) {
    if (at >= plainEnd) throw refuse('only its image may be long');
    switch (bytes[at]) {
      case QUOTE: {
        const start = at + 1;
        let end = bytes.indexOf(QUOTE, start);
        while (end >= 0 && isEscaped(bytes, start, end)) {
          if (++escapedQuotes > MAX_ESCAPED_QUOTES) throw refuse('it holds too many escaped quotes');
          end = bytes.indexOf(QUOTE, end + 1);
        }
        if (end < 0) throw refuse('it ends inside of a text');
        if (end - start > MAX_PLAIN_BYTES) {
          if (long !== null) throw refuse('only its image may be long');
          long = { start, end };
          plainEnd += end - start;
        }
        at = end;
        break;
      }
      case COMMA:
      case COLON:
        if (++values > MAX_VALUES) throw refuse('it holds too many values');
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > MAX_DEPTH) throw refuse('it is nested too deeply');
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return long;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(bytes: Buffer, start: number, quote: number): boolean {
  let first = quote;
  while (first > start && bytes[first - 1] === BACKSLASH) {
    first--;
    if (quote - first > MAX_PLAIN_BYTES) throw refuse('it holds too many escapes');
  }
  return (quote - first) % 2 === 1;
}

const refuse = (why: string): OnlookerError => new OnlookerError('BAD_MESSAGE', `The JSON message is refused: ${why}.`);
