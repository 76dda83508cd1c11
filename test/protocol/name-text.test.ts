// What a name is: one rule for every door.
import { expect, test } from 'vitest';
import { checkedName, isSameName, mendedName } from '../../protocol/name-text.js';

test.each([
  ['put together and apart', 'Jose\u0301', 'José'],
  ['Hangul in letters', '\u1112\u1161\u11ab', '한'],
  ['the sign for angstrom', '\u212bsa', 'Åsa'],
  ['marks in another order', 'a\u0323\u0307', '\u1ea1\u0307'],
  ['spaces around', '  Ada\t\n', 'Ada'],
  ['a space that does not break', 'Ada\u00a0Lovelace', 'Ada Lovelace'],
  ['several spaces, a wide one too', 'Ada  \u3000Lovelace', 'Ada Lovelace'],
  ['a space of no width', 'Ada\u200bLovelace', 'AdaLovelace'],
  ['a byte order mark', '\ufeffAda', 'Ada'],
  ['a soft hyphen', 'Love\u00adlace', 'Lovelace'],
  ['marks of direction', '\u200eAda\u200f\u061c', 'Ada'],
  ['a joiner between Latin letters', 'A\u200cd\u200da', 'Ada'],
  ['a joiner at the end', 'علی\u200c', 'علی'],
  ['a word joiner and a filler', 'Ada\u2060\u3164', 'Ada'],
  ['a selector behind a letter', 'A\ufe0fda', 'Ada'],
  ['tags behind no flag', 'Ada\u{e0041}', 'Ada'],
  ['what kept an accent from its letter', 'Jose\u200b\u0301', 'José'],
])('%s: mended', (_, given, kept) => {
  expect(checkedName(given)).toEqual({ text: kept });
  expect(isSameName(given, kept)).toBe(true);
});

test.each([
  ['Persian with its joiner', 'علی\u200cرضا'],
  ['Devanagari with both', 'क्\u200dष क्\u200cष'],
  ['Malayalam that ends with one', 'രാജന്\u200d'],
  ['a family', '👩\u200d👩\u200d👧'],
  ['a profession with its colour', '👩🏽\u200d🔬'],
  ['a heart that burns', '❤️\u200d🔥'],
  ['a key', '1\ufe0f\u20e3'],
  ['a flag within a country', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
  ['a registered variant of Han', '葛\u{e0100}城'],
  ['Hebrew with points, Arabic, Thai', 'שָׁלוֹם سلام สวัสดี'],
  ['an apostrophe and a hyphen', "O'Neil-Ångström, Jr."],
])('%s: stays as it is', (_, given) => {
  expect(checkedName(given)).toEqual({ text: given });
});

test.each([
  ['half an emoji', 'Ada \ud83d'],
  ['the other half', '\ude00'],
  ['two lines', 'Ada\nAdmin'],
  ['a tab inside', 'Ada\tAdmin'],
  ['NUL', 'Ada\0'],
  ['a control of C1', 'Ada\u0085b'],
  ['a line separator', 'Ada\u2028Admin'],
  ['a paragraph separator', 'Ada\u2029Admin'],
  ['an escape', '\u001b[31mAda'],
  ['an override', 'Ada\u202egpj'],
  ['an isolate', '\u2067Ada\u2069'],
  ['an embedding', '\u202aAda\u202c'],
  ['no character', 'Ada\ufffe'],
  ['nothing', ''],
  ['spaces', ' \u3000\u00a0 '],
  ['what shows nothing', '\u200b\u2060\u00ad'],
  ['fillers', '\u3164\uffa0\u115f'],
  ['empty Braille', '\u2800\u2800'],
  ['a mark without a letter', '\u0301'],
  ['too much', 'é'.repeat(201)],
])('%s: refused, and mended where it was kept before', (_, given) => {
  expect(checkedName(given).wrong).toMatch(/^must /);
  expect(checkedName(mendedName(given), 1000)).toEqual({ text: mendedName(given) });
});

test('length is counted in code points of the name as it is kept', () => {
  expect(checkedName('😀'.repeat(200)).text).toHaveLength(400);
  expect(checkedName('e\u0301'.repeat(200)).text).toHaveLength(200);
  expect(checkedName(`${'a'.repeat(200)}   `).wrong).toBeUndefined();
  expect(checkedName('😀'.repeat(201)).wrong).toBe('must be at most 200 characters');
});

test('whatever is kept is kept as it is the next time', () => {
  const pieces = [
    ...[
      'a',
      'e',
      '\u0301',
      '\u0323',
      ' ',
      '\u00a0',
      '\u200b',
      '\u200c',
      '\u200d',
      '\u094d',
      'क',
      'ی',
      '👩',
      '\ufe0f',
      '\u20e3',
      '1',
    ],
    ...[
      '\u{e0067}',
      '\u{e007f}',
      '🏴',
      '葛',
      '\u{e0100}',
      '\u1100',
      '\u1161',
      '\u034f',
      '\u2800',
      '\u202e',
      '\ud83d',
      '\u180b',
      '\u1820',
    ],
  ];
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 0x7fff_ffff) % below;
  for (let round = 0; round < 20_000; round++) {
    const given = Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join('');
    const { text } = checkedName(given);
    if (text !== undefined) expect(checkedName(text)).toEqual({ text });
    const mended = mendedName(given);
    expect(checkedName(mended)).toEqual({ text: mended });
  }
});
