// The HTTP interface as its users call it: with fetch and nothing of our code.
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, asJson, plainJpeg } from './support/images.js';
import { PATIENT, startService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}
interface PersonAnswer {
  readonly id: string;
  readonly faces: number;
}

let service: RunningService;
let plain: Buffer;
const stills = new Map<string, Buffer>();
const still = (name: string): Buffer => stills.get(name) ?? Buffer.alloc(0);

beforeAll(async () => {
  service = await startService(PATIENT);
  plain = await plainJpeg();
  for (const name of ['franck_01829.jpg', 'franck_02045.jpg', 'sample1.jpg', 'SeanConnery.jpg', 'audrey.jpg'])
    stills.set(name, await readFile(await fixture(name)));
});
afterAll(async () => {
  expect(service.log).not.toMatch(/Franck|Sean|"level":(50|60)/);
  expect(await service.stop()).toBe(0);
});

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const payload =
    body instanceof Uint8Array ? asBody(body) : body instanceof FormData || body === undefined ? body : asJson(body);
  const response = await fetch(`${service.url}${path}`, { method, ...(payload === undefined ? {} : { body: payload }) });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}
const codeOf = ({ status, json }: Answer): [number, unknown] => [status, (json['error'] as { code: string } | undefined)?.code];
async function newPerson(fields: Record<string, unknown>): Promise<string> {
  const { status, json } = await call('POST', '/v1/people', fields);
  expect(status).toBe(201);
  return json['id'] as string;
}

test.each(['/health', '/v2/health/live'])('%s is alive, for GET and HEAD', async (path) => {
  expect(await call('GET', path)).toMatchObject({ status: 200, json: { status: 'ok' } });
  expect((await call('HEAD', path)).status).toBe(200);
});

test.each(['/ready', '/v2/health/ready'])('%s tells which provider is live', async (path) => {
  expect(await call('GET', path)).toMatchObject({ status: 200, json: { status: 'ready', missing: [], provider: 'cpu' } });
});

test('what is loaded is told with provider, licence and times', async () => {
  const { json } = await call('GET', '/v1/models');
  const models = json['models'] as Record<string, unknown>[];
  expect(models.map(({ id, task }) => [id, task])).toEqual([
    ['default/fr_detect', 'detect'],
    ['default/fr_landmark', 'landmarks'],
    ['default/fr_feature', 'embed'],
  ]);
  for (const model of models) {
    expect(model).toMatchObject({
      version: expect.any(String) as string,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      provider: 'cpu',
      input: { width: expect.any(Number) as number, height: expect.any(Number) as number },
      licence: 'MIT',
      load_ms: expect.any(Number) as number,
      warmup_ms: expect.any(Number) as number,
    });
  }
});

test('an unknown address is 404 and a wrong method 405 with what is allowed', async () => {
  expect(codeOf(await call('GET', '/v1/nothing'))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await call('GET', '/v1'))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await call('GET', '/assets/nothing.js'))).toEqual([404, 'NOT_FOUND']);
  const wrong = await call('PUT', '/v1/people', {});
  expect([codeOf(wrong), wrong.headers.get('allow')]).toEqual([[405, 'BAD_MESSAGE'], 'GET, HEAD, POST']);
  expect(codeOf(await call('GET', '/v1/ws'))).toEqual([426, 'BAD_MESSAGE']);
});

test('an image as the body or as a form field gives the payload of a result, without `track`', async () => {
  const form = new FormData();
  form.append('note', 'x');
  form.append('file', new Blob([asBody(still('sample1.jpg'))]), 'a.jpg');
  const [fromBody, fromForm] = [
    await call('POST', '/v1/identify', still('sample1.jpg')),
    await call('POST', '/v1/identify', form),
  ];
  expect(fromBody.status).toBe(200);
  expect(fromBody.json).toMatchObject({
    status: 'ok',
    model: 'default/fr_feature',
    gallery_version: expect.any(Number) as number,
  });
  const faces = fromBody.json['faces'] as Record<string, unknown>[];
  expect(faces).toHaveLength(3);
  for (const face of faces) expect(face).not.toHaveProperty('track');
  expect(fromForm.json['faces']).toEqual(faces);
});

test('`detect`, `embed` and no face at all', async () => {
  const [detected] = (await call('POST', '/v1/detect', still('sample1.jpg'))).json['faces'] as Record<string, unknown>[];
  expect(Object.keys(detected ?? {}).sort()).toEqual(['box', 'landmarks', 'score']);
  const [embedded] = (await call('POST', '/v1/embed', still('sample1.jpg'))).json['faces'] as {
    embedding: string;
    dim: number;
  }[];
  expect(Buffer.from(embedded?.embedding ?? '', 'base64')).toHaveLength((embedded?.dim ?? 0) * 4);
  expect(await call('POST', '/v1/identify', plain)).toMatchObject({ status: 200, json: { faces: [], width: 64, height: 48 } });
});

test('the query fields `region`, `min_face` and `model` are those of `open`', async () => {
  const facesWith = async (query: string): Promise<number> =>
    ((await call('POST', `/v1/detect?${query}`, still('sample1.jpg'))).json['faces'] as unknown[]).length;
  expect(await facesWith('region=0,0,0.01,0.01')).toBe(0);
  expect(await facesWith('min_face=5000')).toBe(0);
  expect(await facesWith('model=default/fr_detect')).toBe(3);
  expect(codeOf(await call('POST', '/v1/detect?region=0,0,2,1', plain))).toEqual([400, 'BAD_MESSAGE']);
  const unavailable = await call('POST', '/v1/detect?model=nope', plain);
  // It will not be there in a while either.
  expect([codeOf(unavailable), unavailable.headers.get('retry-after')]).toEqual([[503, 'MODEL_UNAVAILABLE'], null]);
  expect(codeOf(await call('POST', '/v1/classify', plain))).toEqual([503, 'MODEL_UNAVAILABLE']);
});

test('a form without the field `file`, and one that is none, are BAD_MESSAGE', async () => {
  const form = new FormData();
  form.append('image', new Blob([asBody(plain)]));
  expect(codeOf(await call('POST', '/v1/detect', form))).toEqual([400, 'BAD_MESSAGE']);
  const response = await fetch(`${service.url}/v1/detect`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data' },
    body: asBody(plain),
  });
  expect(response.status).toBe(400);
});

test('a body over the limit is 413 while it still arrives, with its length announced or not', async () => {
  const large = Buffer.alloc(6_000_000);
  expect(codeOf(await call('POST', '/v1/detect', large))).toEqual([413, 'TOO_LARGE']);
  const form = new FormData();
  form.append('file', new Blob([large]));
  expect(codeOf(await call('POST', '/v1/detect', form))).toEqual([413, 'TOO_LARGE']);
  const chunked = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(1_000_000));
      if ((this as { sent?: number }).sent === 7) controller.close();
      (this as { sent?: number }).sent = ((this as { sent?: number }).sent ?? 0) + 1;
    },
  });
  const response = await fetch(`${service.url}/v1/detect`, { method: 'POST', body: chunked, duplex: 'half' } as RequestInit);
  expect(response.status).toBe(413);
});

test('a request that is given up in the middle leaves the service as it was', async () => {
  for (const path of ['/v1/identify', '/v1/gallery/import']) {
    const raw = connect(service.port, '127.0.0.1');
    raw.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(500)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    raw.destroy();
  }
  // At any moment: also before anybody has begun to read the body.
  for (let delayMs = 0; delayMs < 20; delayMs++) {
    const raw = connect(service.port, '127.0.0.1');
    await new Promise((resolve) => raw.once('connect', resolve));
    raw.write('POST /v1/gallery/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nxxxx');
    await new Promise((resolve) => setTimeout(resolve, delayMs / 4));
    raw.resetAndDestroy();
  }
  expect((await call('POST', '/v1/identify', still('sample1.jpg'))).status).toBe(200);
});

test('people are made, read, changed, listed in pages and deleted', async () => {
  const made = await call('POST', '/v1/people', { name: 'Franck', external_id: 'staff-1', metadata: { team: 'a' }, unknown: 1 });
  expect(made).toMatchObject({
    status: 201,
    json: { name: 'Franck', external_id: 'staff-1', metadata: { team: 'a' }, faces: 0 },
  });
  const id = made.json['id'] as string;
  expect((await call('GET', `/v1/people/${id}`)).json).toEqual(made.json);
  expect(codeOf(await call('POST', '/v1/people', { name: 'Another', external_id: 'staff-1' }))).toEqual([409, 'CONFLICT']);
  expect(await call('PATCH', `/v1/people/${id}`, { name: 'Franck B.' })).toMatchObject({
    status: 200,
    json: { name: 'Franck B.', external_id: 'staff-1', metadata: { team: 'a' } },
  });
  expect((await call('PATCH', `/v1/people/${id}`, { external_id: null })).json['external_id']).toBeNull();
  const others = await Promise.all(['B', 'C', 'D'].map((name) => newPerson({ name })));
  const seen: string[] = [];
  for (let after = ''; ;) {
    const { json } = await call('GET', `/v1/people?limit=2${after}`);
    seen.push(...(json['people'] as PersonAnswer[]).map((person) => person.id));
    if (json['next'] === undefined) break;
    after = `&after=${json['next'] as string}`;
  }
  expect(seen).toEqual(expect.arrayContaining([id, ...others]));
  expect(new Set(seen).size).toBe(seen.length);
  for (const each of [id, ...others]) expect((await call('DELETE', `/v1/people/${each}`)).status).toBe(204);
  expect(codeOf(await call('GET', `/v1/people/${id}`))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await call('DELETE', `/v1/people/${id}`))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await call('PATCH', `/v1/people/${id}`, { name: 'x' }))).toEqual([404, 'NOT_FOUND']);
});

test.each<[string, unknown]>([
  ['no JSON', 'name=x'],
  ['nothing', ''],
  ['a list', '[]'],
  ['no name', {}],
  ['an empty name', { name: ' ' }],
  ['a name that is a number', { name: 7 }],
  ['metadata that is a list', { name: 'x', metadata: [] }],
  ['metadata that is nested without end', `{"name":"x","metadata":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`],
])('a person of %s is BAD_MESSAGE', async (_name, body) => {
  expect(codeOf(await call('POST', '/v1/people', body))).toEqual([400, 'BAD_MESSAGE']);
});

test('wrong paging is BAD_MESSAGE and a huge JSON body TOO_LARGE', async () => {
  for (const query of ['limit=0', 'limit=x', 'limit=5000', 'limit=1.5', 'limit='])
    expect(codeOf(await call('GET', `/v1/people?${query}`))).toEqual([400, 'BAD_MESSAGE']);
  expect(codeOf(await call('POST', '/v1/people', { name: 'x'.repeat(70_000) }))).toEqual([413, 'TOO_LARGE']);
});

test('a face is enrolled once, named in the next frame, and gone when its person is deleted', async () => {
  const id = await newPerson({ name: 'Franck' });
  const first = await call('POST', `/v1/people/${id}/faces`, still('franck_01829.jpg'));
  expect(first).toMatchObject({
    status: 201,
    json: { face: first.json['id'], person: id, quality: expect.any(Number) as number },
  });
  expect(first.json['box']).toHaveLength(4);
  expect(await call('POST', `/v1/people/${id}/faces`, still('franck_01829.jpg'))).toMatchObject({
    status: 200,
    json: { face: first.json['face'] },
  });
  expect((await call('GET', `/v1/people/${id}/faces`)).json['faces']).toMatchObject([{ id: first.json['face'] }]);

  const socket = await Socket.withStream(service.wsUrl);
  const personIn = async (): Promise<{ person: unknown; version: number }> => {
    socket.raw(still('franck_02045.jpg'));
    const result = await socket.next('result');
    return { person: (result['faces'] as { person: unknown }[])[0]?.person, version: result['gallery_version'] as number };
  };
  const named = await personIn();
  expect(named.person).toEqual({ id, name: 'Franck', similarity: expect.any(Number) as number });
  expect(named.version).toBe(await service.metric('onlooker_gallery_version'));
  expect((await call('DELETE', `/v1/people/${id}/faces/${String(first.json['face'])}`)).status).toBe(204);
  expect((await personIn()).person).toBeNull();
  expect((await call('POST', `/v1/people/${id}/faces`, still('franck_01829.jpg'))).status).toBe(201);
  expect((await personIn()).person).toMatchObject({ id });
  await call('DELETE', `/v1/people/${id}`);
  const gone = await personIn();
  expect(gone.person).toBeNull();
  expect(gone.version).toBeGreaterThan(named.version);
  await socket.close();
});

test('enrolment refuses no face, several, poor ones, somebody else and nobody', async () => {
  const [franck, sean] = [await newPerson({ name: 'Franck' }), await newPerson({ name: 'Sean' })];
  expect(codeOf(await call('POST', `/v1/people/${franck}/faces`, plain))).toEqual([422, 'NO_FACE']);
  expect(codeOf(await call('POST', `/v1/people/${franck}/faces`, still('sample1.jpg')))).toEqual([422, 'SEVERAL_FACES']);
  const tiny = await (await import('sharp')).default(still('franck_01829.jpg')).resize({ width: 72 }).jpeg().toBuffer();
  const poor = await call('POST', `/v1/people/${franck}/faces`, tiny);
  expect(codeOf(poor)).toEqual([422, 'LOW_QUALITY']);
  expect((poor.json['error'] as { details: unknown }).details).toMatchObject({ measure: 'size_px', limit: 48 });
  expect((await call('POST', `/v1/people/${franck}/faces`, still('franck_01829.jpg'))).status).toBe(201);
  expect(codeOf(await call('POST', `/v1/people/${sean}/faces`, still('franck_02045.jpg')))).toEqual([409, 'CONFLICT']);
  expect(codeOf(await call('POST', '/v1/people/nobody/faces', still('franck_01829.jpg')))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await call('GET', '/v1/people/nobody/faces'))).toEqual([404, 'NOT_FOUND']);
  expect(codeOf(await call('DELETE', `/v1/people/${franck}/faces/nothing`))).toEqual([404, 'NOT_FOUND']);
  await call('DELETE', `/v1/people/${franck}`);
  await call('DELETE', `/v1/people/${sean}`);
});

test('the gallery goes out as one file and comes back as it was; a damaged file changes nothing', async () => {
  const id = await newPerson({ name: 'Franck', external_id: 'f', metadata: { a: 1 } });
  await call('POST', `/v1/people/${id}/faces`, still('franck_01829.jpg'));
  const before = (await call('GET', `/v1/people/${id}`)).json;
  const exported = await fetch(`${service.url}/v1/gallery/export`);
  expect(exported.headers.get('content-disposition')).toContain('attachment');
  const file = Buffer.from(await exported.arrayBuffer());

  expect(await call('POST', '/v1/gallery/import', file)).toMatchObject({
    status: 200,
    json: { added: 0, replaced: 0, kept: [id] },
  });
  expect(codeOf(await call('POST', '/v1/gallery/import?mode=overwrite', file))).toEqual([400, 'BAD_MESSAGE']);
  const damaged = Buffer.from(file);
  damaged[Math.floor(file.length / 2)] = (damaged[Math.floor(file.length / 2)] ?? 0) ^ 1;
  for (const wrong of [damaged, file.subarray(0, file.length - 1), Buffer.alloc(0), plain]) {
    expect(codeOf(await call('POST', '/v1/gallery/import?mode=replace', wrong))).toEqual([422, 'BAD_GALLERY']);
  }
  await call('DELETE', `/v1/people/${id}`);
  expect(await call('POST', '/v1/gallery/import', file)).toMatchObject({ status: 200, json: { added: 1, kept: [], faces: 1 } });
  expect((await call('GET', `/v1/people/${id}`)).json).toEqual(before);
  const [face] = (await call('POST', '/v1/identify', still('franck_02045.jpg'))).json['faces'] as { person: unknown }[];
  expect(face?.person).toMatchObject({ id });
  await call('DELETE', `/v1/people/${id}`);
});

test('metrics count requests under the template of their route, and have no label of a person or path', async () => {
  await call('GET', '/v1/people/somebody-particular');
  await call('GET', '/some/where/else');
  const text = await (await fetch(`${service.url}/metrics`)).text();
  expect(text).toMatch(/onlooker_http_request_seconds_count\{method="GET",route="\/v1\/people\/:id",status="404"\} \d/);
  expect(text).toMatch(/onlooker_http_request_seconds_count\{method="GET",route="unknown",status="404"\} \d/);
  expect(text).not.toMatch(/somebody-particular|some\/where/);
  for (const outcome of ['ok', 'dropped', 'error']) expect(text).toContain(`onlooker_frames_total{outcome="${outcome}"}`);
  expect(await service.metric('onlooker_model_warmup_seconds')).toBeGreaterThan(0);
  expect(await service.metric('onlooker_batch_size_count')).toBeGreaterThan(0);
});

test('every request that was given up is let go of', async () => {
  const given = Array.from({ length: 50 }, () => {
    const abort = new AbortController();
    const request = fetch(`${service.url}/v1/identify`, {
      method: 'POST',
      body: asBody(still('sample1.jpg')),
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 20);
    return request.then(
      (response) => response.text(),
      () => '',
    );
  });
  await Promise.all(given);
  await until(async () =>
    (await service.metric('onlooker_frames_in_flight')) + (await service.metric('onlooker_requests_waiting')) === 0
      ? true
      : undefined,
  );
});
