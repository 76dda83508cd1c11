// What a text is that people read and that names somebody or something: a person's name, an external id, the name of a key. One rule
// for every door (docs/protocol.md, "Names"), so that what looks the same is the same. Pure, and loaded by browsers too.

/** Longest name and external id, and longest name of a key, in code points. */
export const NAME_MAX = 200;
export const KEY_NAME_MAX = 128;

/** With the flag `u` whole pairs are one character, so that only halves match. */
const HALF = /\p{Surrogate}/u;
const HALVES = new RegExp(HALF, 'gu');
/** Not in the flag's reach elsewhere: controls, line and paragraph separators, code points that are no characters. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
/** Embeddings, overrides and isolates: what is shown after them is not in the order in which it is read. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/u;
const SPACES = /[\p{Zs}\u2800]+/gu;
/** Everything that shows nothing by itself, interlinear annotations too. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;
const REPLACEMENT = '\ufffd';

const LETTER_OR_MARK = /[\p{L}\p{M}]/u;
/** Scripts in which joiners change nothing but what a program compares. */
const JOINLESS =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Signs that take a vowel away: after them a joiner shapes the consonant, also at the end of a word. */
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]/u;
const PICTURE = /\p{Extended_Pictographic}/u;
const PICTURE_END = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u;
const KEYCAP = /[0-9#*]/;
const TAG = /[\u{e0020}-\u{e007f}]/u;
const TAG_OR_FLAG = /[\u{1f3f4}\u{e0020}-\u{e007e}]/u;

export type CheckedName = { readonly text: string; readonly wrong?: never } | { readonly text?: never; readonly wrong: string };

/**
 * A name as it is kept and compared: in NFC, trimmed, every run of spaces one space, without characters that show nothing. Joiners and
 * selectors that a script or an emoji needs stay.
 * @param max code points
 * @returns it, or what is wrong with it, to be read after the name of the field: "must be …"
 */
export function checkedName(given: string, max: number = NAME_MAX): CheckedName {
  if (HALF.test(given)) return { wrong: 'must be well-formed Unicode' };
  const trimmed = given.trim();
  if (BREAKS.test(trimmed)) return { wrong: 'must be one line, without control characters' };
  if (TURNS.test(trimmed)) return { wrong: 'must be without characters that turn the direction of writing' };
  const text = tidied(trimmed);
  if (isBlank(text)) return { wrong: 'must have at least one character that can be seen' };
  if (codePoints(text) > max) return { wrong: `must be at most ${max} characters` };
  return { text };
}

/** The same for what was kept before there was the rule: everything that is refused at the door is mended, and nothing is cut. */
export function mendedName(stored: string): string {
  const text = tidied(mendedText(stored).replace(new RegExp(BREAKS, 'gu'), ' ').replace(new RegExp(TURNS, 'gu'), ''));
  return isBlank(text) ? REPLACEMENT : text;
}

/** A name that is being typed, as it compares: one that is refused stays as it is, so that the service can say why. */
export function typedName(given: string): string {
  return checkedName(given).text ?? given.trim();
}

/** Whether two names are one, however their characters are put together. */
export function isSameName(one: string, other: string): boolean {
  return one === other || mendedName(one) === mendedName(other);
}

/** Whether a text is well-formed UTF-16: half a surrogate pair has no UTF-8, and a strict decoder refuses the whole message. */
export function isWellFormedText(text: string): boolean {
  return !HALF.test(text);
}

/** The same text with U+FFFD for halves of surrogate pairs. */
export function mendedText(text: string): string {
  return HALF.test(text) ? text.replace(HALVES, REPLACEMENT) : text;
}

/** How long a text is to its reader's programs, in any language: code points, not units of UTF-16. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Until nothing changes: what one character kept apart belongs together once that is gone. Each round is shorter, or is the last but one. */
function tidied(text: string): string {
  const once = withoutInvisible(text.normalize('NFC')).replace(SPACES, ' ').trim();
  return once === text ? text : tidied(once);
}

function isBlank(text: string): boolean {
  return !/[^\p{Z}\p{M}\p{Cc}\p{Cf}\p{Cs}]/u.test(text);
}

function withoutInvisible(text: string): string {
  if (!INVISIBLE.test(text)) return text;
  const characters = [...text];
  const kept: string[] = [];
  characters.forEach((character, i) => {
    if (!INVISIBLE.test(character) || isNeeded(character, kept.at(-1) ?? '', characters[i + 1] ?? '')) kept.push(character);
  });
  return kept.join('');
}

/** Whether what is not seen itself changes how its neighbours are seen. @param before what is kept of it @param after the next character, or none */
function isNeeded(character: string, before: string, after: string): boolean {
  if (character === '\u200d' && PICTURE_END.test(before) && PICTURE.test(after)) return true;
  if (character === '\u200c' || character === '\u200d') {
    if (VIRAMA.test(before)) return true;
    const joins = (side: string): boolean => LETTER_OR_MARK.test(side) && !JOINLESS.test(side);
    return joins(before) && joins(after);
  }
  if (character === '\ufe0e' || character === '\ufe0f')
    return PICTURE.test(before) || (KEYCAP.test(before) && after === '\u20e3');
  // Variants of Han that are in people's registered names, and of Mongolian letters.
  if (/[\ufe00-\ufe02\u{e0100}-\u{e01ef}]/u.test(character))
    return /[\p{Script=Han}\p{Script=Myanmar}\p{Script=Phags_Pa}]/u.test(before);
  if (/[\u180b-\u180d\u180f]/.test(character)) return /\p{Script=Mongolian}/u.test(before);
  // Flags of countries within countries.
  return TAG.test(character) && TAG_OR_FLAG.test(before);
}
