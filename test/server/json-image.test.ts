// Long JSON messages are read by a shorter way; what comes out must be what JSON.parse of the whole gives.
import { expect, test } from 'vitest';
import { parseMessage } from '../../server/ws/json-image.js';

const image = 'QUJD'.repeat(100_000);
const bytesOf = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text)).buffer;

test.each([
  ['a frame', JSON.stringify({ t: 'frame', stream: 'door', image, seq: 7 })],
  ['a frame with spaces', `{ "t" : "frame", "stream":"dör", "image" \n:\t "${image}" }`],
  ['an escaped slash in the image', `{"t":"frame","image":"${image}\\/AB"}`],
  ['an escaped quote in the image', `{"t":"frame","image":"${image}\\"AB"}`],
  ['two images, of which the last counts', `{"image":"${image}","t":"frame","image":"AAAA"}`],
  ['an image in another field', JSON.stringify({ t: 'frame', more: { image }, image: 'AAAA' })],
  ['the word image in a text', JSON.stringify({ t: 'frame', note: '"image":"x"', image })],
  ['an image that is no text', JSON.stringify({ t: 'frame', image: [image] })],
  ['no image', JSON.stringify({ t: 'frame', other: image })],
  ['a list', JSON.stringify(['image', image])],
  ['a short frame', JSON.stringify({ t: 'frame', image: 'AAAA' })],
  ['a name of its own', `{"t":"frame","__proto__":1,"image":"${image}"}`],
])('%s is read as JSON has it', (_, text) => {
  expect(parseMessage(bytesOf(text))).toEqual(JSON.parse(text));
});

test.each([
  ['an image without an end', `{"t":"frame","image":"${image}`],
  ['nothing behind the image', `{"t":"frame","image":"${image}"`],
  ['bytes that are no JSON', `{"image":"${image}"} and more`],
])('%s is refused', (_, text) => {
  expect(() => parseMessage(bytesOf(text))).toThrow(SyntaxError);
});
