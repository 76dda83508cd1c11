// What proxies say about a request is believed from those that are trusted, and from nobody else.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, type RunningService } from './support/service.js';
import { rawRequest } from './support/raw-http.js';

let trusting: RunningService;
let wary: RunningService;
beforeAll(async () => {
  const env = { ONLOOKER_ALLOWED_HOSTS: 'faces.example.org' };
  [trusting, wary] = [await startService({ ...env, ONLOOKER_TRUSTED_PROXIES: 'loopback' }), await startService(env)];
});
afterAll(async () => {
  await trusting.stop();
  await wary.stop();
});

const status = async (service: RunningService, headers: Record<string, string>): Promise<number> =>
  (await rawRequest(service.port, { path: '/v1/people', headers })).status;

test('the name under which the client asked must be one of the service', async () => {
  expect(await status(trusting, { host: 'upstream', 'x-forwarded-host': 'faces.example.org' })).toBe(200);
  expect(await status(trusting, { 'x-forwarded-host': 'evil.example' })).toBe(403);
  expect(await status(wary, { host: 'upstream', 'x-forwarded-host': 'faces.example.org' })).toBe(403);
});

test('its own page is that of the name under which the client asked', async () => {
  const forwarded = { 'x-forwarded-host': 'faces.example.org', 'x-forwarded-proto': 'https' };
  expect(await status(trusting, { ...forwarded, origin: 'https://faces.example.org' })).toBe(200);
  expect(await status(trusting, { ...forwarded, origin: 'https://evil.example' })).toBe(403);
  expect(await status(wary, { ...forwarded, origin: 'https://faces.example.org' })).toBe(403);
});

test('refusals are told with the address of the client', async () => {
  await status(trusting, { 'x-forwarded-for': '203.0.113.9', host: 'evil.example' });
  await status(wary, { 'x-forwarded-for': '203.0.113.10', host: 'evil.example' });
  expect(trusting.log).toContain('"address":"203.0.113.9"');
  expect(wary.log).not.toContain('203.0.113.10');
});
