// JSON messages are guarded before they are parsed, and their image is read by a shorter way: what comes out must be what
// JSON.parse of the whole gives, and what only an attacker sends must be refused.
import { expect, test } from 'vitest';
import { parseMessage } from '../../server/ws/json-image.js';

const image = 'QUJD'.repeat(100_000);
const bytesOf = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;
const MB = 1_000_000;

test.each([
  ['a frame', JSON.stringify({ t: 'frame', stream: 'door', image, seq: 7 })],
  ['a frame with spaces', `{ "t" : "frame", "stream":"dör", "image" \n:\t "${image}" }`],
  ['an escaped slash in the image', `{"t":"frame","image":"${image}\\/AB"}`],
  ['an escaped plus in the image', `{"t":"frame","image":"${image}\\u002bAB"}`],
  ['an escaped quote in the image', `{"t":"frame","image":"${image}\\"AB"}`],
  ['a backslash at the end of the image', `{"t":"frame","image":"${image}\\\\"}`],
  ['two images, of which the last and long one counts', `{"image":"AAAA","t":"frame","image":"${image}"}`],
  ['two short images', `{"image":"AAAA","t":"frame","image":"BBBB"}`],
  ['a short image in another field', JSON.stringify({ t: 'frame', more: { image: 'AAAA' }, image })],
  ['the word image in a text', JSON.stringify({ t: 'frame', note: '"image":"x"', image })],
  ['an image that is no text', JSON.stringify({ t: 'frame', image: ['AAAA'] })],
  ['no image', JSON.stringify({ t: 'frame', other: 'AAAA' })],
  ['a list', JSON.stringify(['image', 'AAAA'])],
  ['a short frame', JSON.stringify({ t: 'frame', image: 'AAAA' })],
  ['a name of its own', `{"t":"frame","__proto__":1,"image":"${image}"}`],
  ['a thousand names', JSON.stringify({ t: 'subscribe', streams: Array.from({ length: 1000 }, (_, i) => `camera-${i}`) })],
])('%s is read as JSON has it', (_, text) => {
  expect(parseMessage(bytesOf(text))).toEqual(JSON.parse(text));
});

test('a mark of the byte order before the message is passed over', () => {
  const message = { t: 'frame', image };
  expect(parseMessage(bytesOf(`\uFEFF${JSON.stringify(message)}`))).toEqual(message);
});

test.each([
  ['nothing behind the image', `{"t":"frame","image":"${image}"`],
  ['bytes that are no JSON', `{"image":"${image}"} and more`],
  ['a mark of the byte order behind the image', `{"image":"${image}"\uFEFF}`],
  ['an unknown word', '{"t":"frame","image":nothing}'],
])('%s is refused', (_, text) => {
  expect(() => parseMessage(bytesOf(text))).toThrow(SyntaxError);
});

test.each([
  ['millions of empty lists', `{"t":"frame","a":[${'[],'.repeat(MB)}0]}`, 'too many values'],
  ['millions of empty texts', `{"t":"frame","a":[${'"",'.repeat(MB)}0]}`, 'too many values'],
  ['thousands of fields', `{${Array.from({ length: 5000 }, (_, i) => `"${i}":0`).join()}}`, 'too many values'],
  ['nesting without end', `{"t":"frame","a":${'['.repeat(MB)}${']'.repeat(MB)}}`, 'nested too deeply'],
  ['nesting beside a long image', `{"t":"frame","image":"${image}","a":${'{"a":'.repeat(40)}0${'}'.repeat(40)}}`, 'too deeply'],
  ['megabytes of spaces', `{"t":"frame"${' '.repeat(MB)}}`, 'only its image may be long'],
  ['a long number', `{"t":"frame","seq":${'1'.repeat(MB)}}`, 'only its image may be long'],
  ['a long text of another field', JSON.stringify({ t: 'frame', other: image }), 'only its image may be long'],
  ['a long image inside of another field', JSON.stringify({ t: 'frame', more: { image }, image: 'AAAA' }), 'only its image'],
  ['two long images', `{"image":"${image}","image":"${image}"}`, 'only its image may be long'],
  ['a long image before a short one', `{"image":"${image}","t":"frame","image":"AAAA"}`, 'only its image may be long'],
  ['a long image in a list', JSON.stringify({ t: 'frame', image: [image] }), 'only its image may be long'],
  ['a long name', `{"t":"frame","${image}":0}`, 'only its image may be long'],
  ['a long text alone', JSON.stringify(image), 'only its image may be long'],
  ['millions of escaped quotes', `{"t":"frame","image":"${'\\"'.repeat(MB)}"}`, 'too many escaped quotes'],
  ['millions of backslashes', `{"t":"frame","image":"${'\\\\'.repeat(MB)}"}`, 'too many escapes'],
  ['an image of escapes without end', `{"t":"frame","image":"${'\\/'.repeat(3 * MB)}"}`, 'too long to be written with escapes'],
  ['an image without an end', `{"t":"frame","image":"${image}`, 'ends inside of a text'],
  ['an escaped end', `{"t":"frame","image":"${image}\\"`, 'ends inside of a text'],
])('%s is BAD_MESSAGE before anything is parsed', (_, text, why) => {
  expect(() => parseMessage(bytesOf(text))).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }) as Error);
  expect(() => parseMessage(bytesOf(text))).toThrow(why);
});
