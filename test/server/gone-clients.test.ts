// Clients that send an image and go away before it is answered: nobody else may have to wait for them.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody } from './support/images.js';
import { startService, until, type RunningService } from './support/service.js';

const PLACES = 32;

let service: RunningService;
let crowd: Buffer;
beforeAll(async () => {
  service = await startService({
    ONLOOKER_LANES: '1',
    ONLOOKER_PREPROCESS_WORKERS: '1',
    ONLOOKER_CACHE_MB: '0',
    ONLOOKER_MAX_WAITING_REQUESTS: String(PLACES),
  });
  crowd = await readFile(await fixture('sample6.jpg'));
});
afterAll(async () => {
  expect(service.log).not.toMatch(/"level":(50|60)/);
  expect(await service.stop()).toBe(0);
});

test('what had not had its turn is not worked on, and its place is free', async () => {
  const gone = new AbortController();
  const body = asBody(crowd);
  const asked = Array.from({ length: PLACES }, () =>
    fetch(`${service.url}/v1/identify`, { method: 'POST', body, signal: gone.signal }).catch(() => null),
  );
  await until(async () => ((await service.metric('onlooker_requests_waiting')) > PLACES / 2 ? true : undefined));
  gone.abort();
  await Promise.all(asked);
  expect((await fetch(`${service.url}/v1/identify`, { method: 'POST', body })).status).toBe(200);
  await until(async () => ((await service.metric('onlooker_frames_in_flight')) === 0 ? true : undefined));
  expect(await service.metric('onlooker_requests_waiting')).toBe(0);
  expect(await service.metric('onlooker_stage_seconds_count{stage="decode"}')).toBeLessThan(PLACES);
});
