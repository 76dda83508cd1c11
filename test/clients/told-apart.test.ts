// Two people of one name.
import { expect, test } from 'vitest';
import { personNamed } from '../../clients/console/events/person-named.js';
import { meantBy, sharedNames, toldApart } from '../../clients/people/told-apart.js';
import type { Person } from '../../clients/http-client.js';

const person = (id: string, name: string, externalId: string | null = null): Person => ({
  id,
  name,
  external_id: externalId,
  metadata: {},
  created_at: 0,
  updated_at: 0,
  faces: 1,
});
const people = [person('aaaaaaaaaa111111', 'José'), person('aaaaaaaaaa222222', 'José', 'staff-2'), person('c', 'Ada')];

test('what tells them apart stands beside a name that several have, and beside no other', () => {
  const shared = sharedNames(people);
  expect(people.map((one) => toldApart(one, shared))).toEqual(['José · …111111', 'José · staff-2', 'Ada']);
});

test('a name that several have means nobody, but says how to write each; so written it means that one', () => {
  for (const typed of ['José', 'Jose\u0301', ' José\u200b ']) {
    expect(meantBy(typed, people)).toEqual({ choices: ['José · …111111', 'José · staff-2'] });
    expect(personNamed(typed, people)).toBeUndefined();
  }
  expect(meantBy('José · …111111', people)).toEqual({ person: people[0], choices: [] });
  expect(personNamed('Jose\u0301 · staff-2', people)).toBe(people[1]);
  expect(meantBy('Ada', people)).toEqual({ person: people[2], choices: [] });
  expect(meantBy('Bob', people)).toEqual({ choices: [] });
});
