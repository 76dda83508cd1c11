// The first key ends that everybody is let in: it must not lock everybody out.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawRequest } from './support/raw-http.js';
import { startService, type RunningService } from './support/service.js';
import { bearer } from './support/keyed-service.js';

let service: RunningService;
let open: RunningService;

beforeAll(async () => {
  service = await startService();
  open = await startService({ ONLOOKER_OPEN: 'true' });
});
afterAll(async () => {
  await service.stop();
  await open.stop();
});

async function makeKey(of: RunningService, roles: readonly string[], headers: Readonly<Record<string, string>> = {}) {
  const { status, body } = await rawRequest(of.port, {
    method: 'POST',
    path: '/v1/keys',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'first', roles }),
  });
  return { status, json: JSON.parse(body) as { key?: string; error?: { code: string } } };
}

test('a first key that is no administrator’s is refused, and everybody is let in as before', async () => {
  for (const roles of [['viewer'], ['ingest', 'enroller']]) {
    const { status, json } = await makeKey(service, roles);
    expect([status, json.error?.code]).toEqual([400, 'BAD_MESSAGE']);
  }
  expect((await rawRequest(service.port, { path: '/v1/people' })).status).toBe(200);
});

test('after an administrator’s key any other may be made, with it', async () => {
  const { status, json } = await makeKey(service, ['admin']);
  expect(status).toBe(201);
  expect((await makeKey(service, ['viewer'])).status).toBe(401);
  expect((await makeKey(service, ['viewer'], bearer(json.key ?? ''))).status).toBe(201);
});

test('where everybody is let in outright, no key locks anybody out', async () => {
  expect((await makeKey(open, ['viewer'])).status).toBe(201);
  expect((await rawRequest(open.port, { path: '/v1/people' })).status).toBe(200);
});
