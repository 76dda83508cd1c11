// Every sentence of the service about a camera that gives no picture is known to the console, which says it in the user's language.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sourceReason } from '../../clients/console/streams/source-reason.js';

const text = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** The sentences of pipeline/sources/failure.ts, as they stand there. */
const sentences = [
  ...text('pipeline/sources/failure.ts').matchAll(/(?:passing|lasting|refused)\('([^']+)'\)|E[A-Z_]+: '([^']+)'/g),
].map(([, one, other]) => one ?? other ?? '');

/** Those of pipeline/sources/source-address.ts about an address that is refused. */
const refusals = [...text('pipeline/sources/source-address.ts').matchAll(/refused\((?:'([^']+)'|`([^`]+)`)/g)].map(
  ([, one, other]) => (one ?? other ?? '').replace(/\$\{\w+\}/, '2048'),
);

test('there are sentences to know', () => {
  expect(sentences.length).toBeGreaterThan(20);
  expect(refusals.length).toBeGreaterThan(9);
});

test.each(refusals)('refused: %s', (sentence) => {
  expect(sourceReason(sentence)).toHaveProperty('hint', expect.any(String));
});

test.each(sentences)('%s', (sentence) => {
  const { text: said, hint } = sourceReason(`No picture: ${sentence}.`);
  expect(said).not.toContain(sentence);
  expect(hint).toEqual(expect.any(String));
});

test.each([
  'no picture comes',
  'no picture for 6 s',
  'the connection was lost',
  'the camera ended the stream',
  'the file has ended',
])('%s', (sentence) => expect(sourceReason(sentence)).toHaveProperty('hint'));

test('what nobody knows is shown as it is', () => {
  expect(sourceReason('the camera is on holiday')).toEqual({ text: 'the camera is on holiday' });
});
