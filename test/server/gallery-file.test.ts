// The gallery as a file over HTTP, where it does not fit, two come at once, or its sender goes away; and texts of people.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultPack } from '../fixtures.js';
import { face, fileOf, header, person } from '../tasks/faces/gallery/gallery-files.js';
import { unitVector } from '../tasks/faces/gallery/vectors.js';
import { asBody } from './support/images.js';
import { startService, until, type RunningService } from './support/service.js';

let service: RunningService;
let model: { id: string; sha256: string; dim: number };
beforeAll(async () => {
  service = await startService({ ONLOOKER_GALLERY_MB: '1' });
  const { embedder } = await defaultPack();
  if (embedder === undefined) throw new Error('the pack has no embedder');
  model = { id: embedder.id, sha256: embedder.sha256, dim: embedder.dim };
});
afterAll(async () => {
  expect(service.log).not.toMatch(/Ada|"level":(50|60)/);
  expect(await service.stop()).toBe(0);
});

async function answerOf(response: Promise<Response>): Promise<{ status: number; text: string; json: unknown }> {
  const { status, text } = await response.then(async (answer) => ({ status: answer.status, text: await answer.text() }));
  return { status, text, json: text === '' ? undefined : JSON.parse(text) };
}
const sent = (file: Uint8Array, mode = 'merge') =>
  answerOf(fetch(`${service.url}/v1/gallery/import?mode=${mode}`, { method: 'POST', body: asBody(file) }));
const created = (json: string) =>
  answerOf(fetch(`${service.url}/v1/people`, { method: 'POST', body: json, headers: { 'content-type': 'application/json' } }));
const peopleNow = async () => (await answerOf(fetch(`${service.url}/v1/people`))).json as { people: { id: string }[] };
const refused = (status: number, code: string) => ({ status, json: { error: { code } } });
const small = (id = 'a') => fileOf([header(1, 1, model), person(id), face(`face-of-${id}`, id, {}, unitVector(1, model.dim))]);

test('a file with more people than there is memory for is refused, and so is one more person than fits', async () => {
  const people = Array.from({ length: 600 }, (_, index) => person(`p${index}`));
  expect(await sent(fileOf([header(600, 0, model), ...people]), 'replace')).toMatchObject(refused(507, 'GALLERY_FULL'));
  expect((await peopleNow()).people).toEqual([]);
  const fitting = people.slice(0, 500);
  expect(await sent(fileOf([header(500, 0, model), ...fitting]), 'replace')).toMatchObject({ status: 200, json: { added: 500 } });
  let last;
  do last = await created('{"name":"Ada"}');
  while (last.status === 201);
  expect(last).toMatchObject(refused(507, 'GALLERY_FULL'));
  expect(await sent(fileOf([header(0, 0, model)]), 'replace')).toMatchObject({ status: 200 });
});

test('a second file at the same time is refused; one whose sender goes away changes nothing and makes room', async () => {
  const file = small();
  let isAnswered = true;
  let socket: Socket | undefined;
  const begin = async (): Promise<void> => {
    socket = connect(service.port, '127.0.0.1');
    await once(socket, 'connect');
    isAnswered = false;
    socket.on('data', () => (isAnswered = true));
    socket.write(`POST /v1/gallery/import HTTP/1.1\r\nhost: 127.0.0.1:${service.port}\r\ncontent-length: ${file.length}\r\n\r\n`);
    socket.write(file.subarray(0, 100));
  };
  await until(async () => {
    // It may itself have come second, behind the one below.
    if (isAnswered) await begin();
    return (await sent(fileOf([header(0, 0, model)]))).status === 503 && !isAnswered ? true : undefined;
  });
  expect(await sent(file)).toMatchObject(refused(503, 'OVERLOADED'));
  socket?.destroy();
  expect((await peopleNow()).people).toEqual([]);
  const report = await until(async () => {
    const answer = await sent(file);
    return answer.status === 200 ? answer.json : undefined;
  });
  expect(report).toEqual({ added: 1, replaced: 0, kept: [], faces: 1 });
});

test('exports at once are whole, and each comes back', async () => {
  const files = await Promise.all(
    Array.from({ length: 24 }, async () => Buffer.from(await (await fetch(`${service.url}/v1/gallery/export`)).arrayBuffer())),
  );
  for (const file of files) expect((await sent(file)).json).toEqual({ added: 0, replaced: 0, kept: ['a'], faces: 0 });
});

test('half a surrogate pair in a text of a person is refused, and metadata comes back as it was sent', async () => {
  for (const body of ['{"name":"A\\ud83d"}', '{"name":"A","external_id":"\\ude00"}', '{"name":"A","metadata":{"\\ud83d":1}}'])
    expect(await created(body)).toMatchObject(refused(400, 'BAD_MESSAGE'));
  const metadata = '{"__proto__":{"admin":true},"constructor":{"prototype":1},"inner":{"__proto__":[]}}';
  const answer = await created(`{"name":"A","metadata":${metadata}}`);
  expect(answer.status).toBe(201);
  expect(answer.text).toContain(`"metadata":${metadata}`);
  const { id } = answer.json as { id: string };
  expect((await answerOf(fetch(`${service.url}/v1/people/${id}`))).text).toContain(`"metadata":${metadata}`);
});
