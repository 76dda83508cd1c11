// Cameras, events and tracks over the HTTP client, against a scripted service over real sockets.
import { afterEach, expect, test } from 'vitest';
import { createHttpClient } from '../../clients/http-client.js';
import { scriptedCameras, SNAPSHOT } from './scripted-cameras.js';
import { ScriptedEvents } from './scripted-events.js';
import { ScriptedService } from './scripted-service.js';

const services: ScriptedService[] = [];
async function start() {
  const events = new ScriptedEvents();
  const service = await ScriptedService.start({ onRequest: scriptedCameras(events).onRequest }, 0, events);
  services.push(service);
  return { http: createHttpClient(service.url, { timeoutMs: 2_000 }), events };
}
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

test('streams are added, listed over all pages, changed and removed', async () => {
  const { http } = await start();
  const added = await http.streams.add({ id: 'door', url: 'rtsp://me:secret@cam/1', fps: 5 });
  expect(added).toMatchObject({ id: 'door', url: 'rtsp://***@cam/1', fps: 5, task: 'faces', enabled: true, state: 'live' });
  await expect(http.streams.add({ id: 'door', url: 'media:x.mp4' })).rejects.toMatchObject({
    code: 'STREAM_EXISTS',
    status: 409,
  });
  for (const id of ['hall', 'yard']) await http.streams.add({ id, url: 'media:x.mp4' });
  const ids: string[] = [];
  for await (const { id } of http.streams.all()) ids.push(id);
  expect(ids).toEqual(['door', 'hall', 'yard']);
  expect((await http.streams.list({ limit: 2 })).next).toBe('hall');
  expect(await http.streams.change('door', { fps: null, enabled: false })).toMatchObject({ state: 'disabled' });
  expect((await http.streams.get('door')).fps).toBeUndefined();
  await http.streams.remove('door');
  await expect(http.streams.get('door')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a snapshot comes as bytes, with or without what was seen', async () => {
  const { http } = await start();
  await http.streams.add({ id: 'door', url: 'media:x.mp4' });
  expect(await http.streams.snapshot('door')).toEqual(Uint8Array.from(SNAPSHOT));
  expect(await http.streams.snapshot('door', { overlay: true })).toHaveLength(8);
});

test('events come newest last, a page at a time or all of them, with pictures as bytes', async () => {
  const { http, events } = await start();
  for (let i = 0; i < 7; i++) events.tell({ stream: i % 2 === 0 ? 'door' : 'hall', thumbnail: Uint8Array.of(i) });
  const newest = await http.events.list();
  expect(newest.events.map(({ id }) => id)).toEqual(['e000005', 'e000006', 'e000007']);
  expect(newest.previous).toBe('e000005');
  const older = await http.events.list({ before: newest.previous ?? '' });
  expect(older.events.map(({ id }) => id)).toEqual(['e000002', 'e000003', 'e000004']);
  expect(older.events[0]).toMatchObject({ thumbnail: Uint8Array.of(1) });
  const all: string[] = [];
  for await (const { id } of http.events.all()) all.push(id);
  expect(all).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => `e00000${n}`));
  const door: string[] = [];
  for await (const { id } of http.events.all({ stream: 'door', since: 'e000001' })) door.push(id);
  expect(door).toEqual(['e000003', 'e000005', 'e000007']);
});

test('a track is enrolled for a person; one that is gone is told', async () => {
  const { http } = await start();
  const { person, track, faces } = await http.tracks.enroll('t1', 'p1');
  expect([person, track, faces.map(({ face }) => face)]).toEqual(['p1', 't1', ['f1', 'f2']]);
  await expect(http.tracks.enroll('t/2', 'p1')).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 });
});
