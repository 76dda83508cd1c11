// Names at the doors of the service: HTTP in every spelling, keys, and texts that come back in messages.
import { Unpackr } from 'msgpackr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../../protocol/people.js';
import { startService, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

let service: RunningService;

beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

const post = (path: string, body: BodyInit, method = 'POST') =>
  fetch(service.url + path, { method, headers: { 'content-type': 'application/json' }, body });

test('a name comes back as the rule has it, from the answer, the list and a change', async () => {
  const made = (await (await post('/v1/people', JSON.stringify({ name: ' Jose\u0301\u00a0 \u200bB ' }))).json()) as Person;
  expect(made.name).toBe('José B');
  expect(((await (await fetch(`${service.url}/v1/people/${made.id}`)).json()) as Person).name).toBe('José B');
  const changed = await post(`/v1/people/${made.id}`, JSON.stringify({ name: 'Zoe\u0308' }), 'PATCH');
  expect(((await changed.json()) as Person).name).toBe('Zoë');
});

test.each([
  ['half an emoji', '"Ada \\ud83d"'],
  ['an override', '"Ada \\u202e"'],
  ['an isolate', '"\\u2066Ada"'],
  ['a line separator', '"Ada\\u2028B"'],
  ['nothing that shows', '"\\u200b\\u3164"'],
])('a name with %s is 400 BAD_MESSAGE that names the field', async (_, name) => {
  const response = await post('/v1/people', `{"name": ${name}}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: 'BAD_MESSAGE', message: expect.stringMatching(/^name: must /) as string },
  });
});

test('a body in another encoding than UTF-8 is refused rather than kept with holes', async () => {
  const response = await post('/v1/people', Uint8Array.from(Buffer.from('{"name": "José"}', 'latin1')));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'BAD_MESSAGE' } });
});

test('what a message quotes is readable to strict clients, wherever it is cut', async () => {
  const half = `${'a'.repeat(63)}😀`;
  const response = await fetch(`${service.url}/v1/people/${encodeURIComponent(half)}/faces`);
  expect(response.status).toBe(404);
  expect(await response.text()).not.toMatch(/\\ud/i);

  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  for (const t of [`${'a'.repeat(31)}😀`, 'x\u202e', '\u0000']) socket.send({ t });
  socket.send({ t: 'open', stream: `${'b'.repeat(200)}😀` });
  socket.send({ t: 'close', stream: '😀' });
  for (let i = 0; i < 5; i++) expect(await socket.next('error')).toMatchObject({ code: expect.any(String) as string });
  for (const message of socket.wire) {
    const texts = JSON.stringify(new Unpackr().unpack(message));
    expect(texts).not.toMatch(/\ufffd\ufffd|\\ud/i);
    // Strict UTF-8 of every text: as it was packed, bytes are what the text itself has.
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(texts))).not.toThrow();
  }
  await socket.close();
});
