// Who is meant by a name that is given to a face.
import { expect, test } from 'vitest';
import { personNamed } from '../../clients/console/events/person-named.js';
import type { Person } from '../../clients/http-client.js';

const person = (id: string, name: string): Person => ({
  id,
  name,
  external_id: null,
  metadata: {},
  created_at: 0,
  updated_at: 0,
  faces: 1,
});
const people = [person('a', 'Audrey'), person('b', 'José'), person('c', 'AUDREY ')];

test('a name means who is enrolled with it, in small letters or large, whatever spaces are around it', () => {
  expect(personNamed('audrey', people)?.id).toBe('a');
  expect(personNamed(' AUDREY', [...people].reverse())?.id).toBe('c');
  expect(personNamed('Jose\u0301', people)?.id).toBe('b');
});

test('who has the very name is preferred, and nobody has another or none', () => {
  expect(personNamed('Audrey', [...people].reverse())?.id).toBe('a');
  expect(personNamed('Audre', people)).toBeUndefined();
  expect(personNamed('', people)).toBeUndefined();
  expect(personNamed('Audrey', undefined)).toBeUndefined();
});
