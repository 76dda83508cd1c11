// What the console knows of keys without asking the service.
import { expect, test } from 'vitest';
import { allowedStream } from '../../clients/console/app/allowed-stream.js';
import { inOrder, isLastAdmin, patternsIn, stateOf } from '../../clients/console/system/key-list.js';
import type { KeyRecord } from '../../clients/http-client.js';

const key = (id: string, fields: Partial<KeyRecord> = {}): KeyRecord => ({
  id,
  name: id,
  roles: ['viewer'],
  streams: ['*'],
  prefix: `onl_${id}`,
  created_at: 1,
  expires_at: null,
  last_used_at: null,
  ...fields,
});

test('a key is revoked, run out, or valid', () => {
  expect(stateOf(key('a', { expires_at: 10 }), 9)).toBe('valid');
  expect(stateOf(key('a', { expires_at: 10 }), 10)).toBe('expired');
  expect(stateOf(key('a', { expires_at: 10, revoked_at: 5 }), 20)).toBe('revoked');
});

test('keys come newest first, and what is of no use any more at the end', () => {
  const keys = [
    key('old'),
    key('gone', { revoked_at: 9, created_at: 8 }),
    key('over', { expires_at: 3 }),
    key('new', { created_at: 2 }),
  ];
  expect(inOrder(keys).map(({ id }) => id)).toEqual(['new', 'old', 'over', 'gone']);
});

test('the last administrator’s key that holds is known', () => {
  const [one, other] = [key('one', { roles: ['admin'] }), key('other', { roles: ['admin'] })];
  expect(isLastAdmin(one, [one, other])).toBe(false);
  expect(isLastAdmin(one, [one, { ...other, revoked_at: 5 }, key('viewer')])).toBe(true);
  expect(isLastAdmin(key('viewer'), [one])).toBe(false);
});

test('patterns are typed with commas or spaces between, and wrong ones are told', () => {
  expect(patternsIn(' door-*, yard  gate.1 ')).toEqual(['door-*', 'yard', 'gate.1']);
  for (const text of ['', '  ', 'door/1', 'a'.repeat(65)]) expect(patternsIn(text)).toBeNull();
});

test('a camera of the page gets an id that a pattern allows', () => {
  expect(allowedStream(['*'], 'abcd1234')).toBeUndefined();
  expect(allowedStream(['yard', '*'], 'abcd1234')).toBeUndefined();
  expect(allowedStream(['door-*'], 'abcd1234')).toBe('door-abcd1234');
  expect(allowedStream(['a*-b*'], 'abcd1234')).toBe('aabcd1234-b');
  expect(allowedStream(['gate', 'door-*'], 'abcd1234')).toBe('door-abcd1234');
  expect(allowedStream(['gate'], 'abcd1234')).toBe('gate');
  expect(allowedStream([`${'a'.repeat(60)}*`], 'abcd1234')).toBe('a'.repeat(60));
});
