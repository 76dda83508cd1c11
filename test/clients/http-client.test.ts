// The HTTP client against a scripted gallery over real sockets.
import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { ConnectionError, createHttpClient, ProtocolError, ServerError } from '../../clients/http-client.js';
import { scriptedGallery } from './scripted-gallery.js';
import { OK_FACES, ScriptedService, type Script } from './scripted-service.js';

const GOOD = Uint8Array.of(0xff, 0xd8, 9);
const services: ScriptedService[] = [];
async function clientOf(script: Script = { onRequest: scriptedGallery().onRequest }) {
  const service = await ScriptedService.start(script);
  services.push(service);
  return createHttpClient(service.url, { timeoutMs: 500 });
}
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

test('people are created, listed over all pages, changed and removed', async () => {
  const http = await clientOf();
  for (const name of ['Ada', 'Bob', 'Cleo']) await http.people.create({ name, external_id: `x-${name}` });
  const names: string[] = [];
  for await (const person of http.people.all()) names.push(person.name);
  expect(names).toEqual(['Ada', 'Bob', 'Cleo']);
  expect((await http.people.list({ limit: 2 })).next).toBe('p2');
  expect(await http.people.update('p1', { name: 'Ada L.' })).toMatchObject({ id: 'p1', name: 'Ada L.', external_id: 'x-Ada' });
  await http.people.remove('p1');
  await expect(http.people.get('p1')).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 });
});

test('enrolling tells whether the face is new, and a refusal has its code and details', async () => {
  const http = await clientOf();
  const { id } = await http.people.create({ name: 'Ada' });
  expect(await http.faces.enrol(id, GOOD)).toEqual({ face: 'f1', quality: 0.82, box: [1, 2, 30, 40], created: true });
  expect((await http.faces.enrol(id, GOOD)).created).toBe(false);
  const refused: unknown = await http.faces.enrol(id, Uint8Array.of(0xff, 0xd8, 2)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ServerError);
  expect(refused).toMatchObject({ code: 'LOW_QUALITY', status: 422, details: { measure: 'sharpness', value: 0.08 } });
});

test('ids are kept apart from the path', async () => {
  let path = '';
  const http = await clientOf({
    onRequest(request, response) {
      path = request.url ?? '';
      response.writeHead(204).end();
    },
  });
  await http.people.remove('../v1/people?x=1');
  expect(path).toBe('/v1/people/..%2Fv1%2Fpeople%3Fx%3D1');
});

test('one image: embeddings arrive as bytes', async () => {
  const http = await clientOf({
    onRequest: (_request, response) =>
      void response.end(JSON.stringify({ ...OK_FACES, faces: [{ embedding: 'AACAPw==', dim: 1 }] })),
  });
  const { faces } = await http.embed(GOOD);
  expect(faces[0]?.embedding).toEqual(Uint8Array.of(0, 0, 128, 63));
});

test('the gallery goes out and in as a file', async () => {
  const http = await clientOf();
  expect(await new Response(await http.gallery.export()).text()).toBe('GALLERY');
  expect(await http.gallery.import(new Blob(['GALLERY']), 'replace')).toMatchObject({ added: 1, kept: ['p9'], mode: 'replace' });
  await expect(http.gallery.import(GOOD)).rejects.toMatchObject({ code: 'BAD_GALLERY' });
});

test('a service that is alive but not ready is told apart', async () => {
  const http = await clientOf();
  await http.health();
  expect(await http.ready()).toEqual({ isReady: false, report: { missing: ['models'] } });
});

test('retry-after comes as milliseconds', async () => {
  const http = await clientOf({
    onRequest: (_request, response) =>
      void response
        .writeHead(503, { 'retry-after': '2' })
        .end(JSON.stringify({ error: { code: 'OVERLOADED', message: 'later' } })),
  });
  await expect(http.models()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: 2000 });
});

test('an answer that stops, or breaks off, in its middle is no fault of the protocol', async () => {
  const begun = (status: number, end: (response: ServerResponse) => void): Script => ({
    onRequest(_request, response) {
      response.writeHead(status, { 'content-length': '100' }).write('{"models":');
      end(response);
    },
  });
  for (const status of [200, 503]) {
    const silent = await clientOf(begun(status, () => undefined));
    await expect(silent.models()).rejects.toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('fell silent') as string,
    });
    const broken = await clientOf(begun(status, (response) => setTimeout(() => response.destroy(), 10)));
    await expect(broken.models()).rejects.toMatchObject({
      name: 'ConnectionError',
      message: expect.stringContaining('broke off') as string,
    });
  }
  const picture = await clientOf(begun(200, () => undefined));
  await expect(picture.streams.snapshot('door')).rejects.toBeInstanceOf(ConnectionError);
});

test("the reason of the caller's own signal comes through, also while an answer comes", async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const service = await ScriptedService.start({
    onRequest(_request, response) {
      response.writeHead(200).write('{"models":');
      setTimeout(() => stop.abort(reason), 10);
    },
  });
  services.push(service);
  await expect(createHttpClient(service.url, { signal: stop.signal }).models()).rejects.toBe(reason);
});

test('no service, a silent one and another kind of service are three different errors', async () => {
  await expect(createHttpClient('http://127.0.0.1:1').health()).rejects.toBeInstanceOf(ConnectionError);
  await expect((await clientOf({ onRequest: () => undefined })).health()).rejects.toThrow('has not answered for 500 ms');
  const other = await clientOf({ onRequest: (_request, response) => void response.writeHead(404).end('<h1>nginx</h1>') });
  await expect(other.models()).rejects.toBeInstanceOf(ProtocolError);
  const html = await clientOf({ onRequest: (_request, response) => void response.end('<h1>hello</h1>') });
  await expect(html.models()).rejects.toBeInstanceOf(ProtocolError);
  expect(() => createHttpClient('mailto:x@y')).toThrow(TypeError);
});
