// The gallery's memory is shared between threads and not counted by the engine: what an import replaces must be given back.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, asJson } from './support/images.js';
import { startService, type RunningService } from './support/service.js';

/** A gallery of one chunk takes 2.6 MB, so that these would take 156. */
const IMPORTS = 60;
const MOST_GROWTH_BYTES = 80e6;

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

test('a gallery that is replaced again and again takes no more memory', async () => {
  const created = await fetch(`${service.url}/v1/people`, { method: 'POST', body: asJson({ name: 'Franck' }) });
  const { id } = (await created.json()) as { id: string };
  const still = asBody(await readFile(await fixture('franck_01829.jpg')));
  expect((await fetch(`${service.url}/v1/people/${id}/faces`, { method: 'POST', body: still })).status).toBe(201);
  const file = await (await fetch(`${service.url}/v1/gallery/export`)).arrayBuffer();
  const replace = async (): Promise<void> => {
    const { status } = await fetch(`${service.url}/v1/gallery/import?mode=replace`, { method: 'POST', body: file });
    expect(status).toBe(200);
  };
  for (let i = 0; i < 5; i++) await replace();
  const before = await service.metric('process_resident_memory_bytes');
  for (let i = 0; i < IMPORTS; i++) await replace();
  expect((await service.metric('process_resident_memory_bytes')) - before).toBeLessThan(MOST_GROWTH_BYTES);
  // And whoever was replaced by himself is still known.
  const found = await fetch(`${service.url}/v1/identify`, { method: 'POST', body: still });
  expect(((await found.json()) as { faces: { person: { name: string } | null }[] }).faces[0]?.person?.name).toBe('Franck');
});
