// What people look at and put right over HTTP: pictures of faces, two people who are one, why a track is named. A real service,
// real sockets, a real film.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHttpClient, ServerError, type HttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { filmFrames } from './support/film.js';
import { PATIENT, startService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

let service: RunningService;
let http: HttpClient;
let film: Uint8Array[];

beforeAll(async () => {
  service = await startService({ ...PATIENT, ONLOOKER_CREDITS: '16' });
  http = createHttpClient(service.url);
  film = await filmFrames(await fixture('franck.mp4'), 12);
});
afterAll(async () => {
  expect(service.log).not.toMatch(/Franck|Sean|"level":(50|60)/);
  expect(await service.stop()).toBe(0);
});

const still = async (name: string): Promise<Buffer> => readFile(await fixture(name));

async function enrolled(name: string, ...pictures: string[]): Promise<string> {
  const { id } = await http.people.create({ name });
  for (const picture of pictures) await http.faces.enrol(id, await still(picture));
  return id;
}

/** Plays the film on a stream that stays open. @returns the id of its track, and the connection */
async function played(fields: Readonly<Record<string, unknown>>): Promise<{ track: string; socket: Socket }> {
  const socket = await Socket.withStream(service.wsUrl, { send: 'events', ...fields });
  for (const frame of film) {
    socket.send({ t: 'frame', stream: fields['stream'], image: frame });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { track } = await socket.next('event');
  return { track: String(track), socket };
}

test('an enrolled face has a small picture of itself and nothing more', async () => {
  const id = await enrolled('Sean', 'SeanConnery.jpg');
  const [face] = (await http.faces.list(id)).faces;
  expect(face?.picture).toBe(true);
  expect((await http.people.get(id)).picture).toBe(face?.id);
  const response = await fetch(http.faces.pictureUrl(id, face?.id ?? ''));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('image/jpeg');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const picture = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
  expect(picture.format).toBe('jpeg');
  expect(Math.max(picture.width, picture.height)).toBe(160);
  expect(picture.exif).toBeUndefined();
  await http.people.remove(id);
  expect((await fetch(http.faces.pictureUrl(id, face?.id ?? ''))).status).toBe(404);
});

test('with the setting off no picture is kept', async () => {
  const plain = await startService({ ONLOOKER_FACE_PICTURES: 'false' });
  const client = createHttpClient(plain.url);
  const { id } = await client.people.create({ name: 'Sean' });
  const { face } = await client.faces.enrol(id, await still('SeanConnery.jpg'));
  expect((await client.faces.list(id)).faces[0]).not.toHaveProperty('picture');
  const response = await fetch(client.faces.pictureUrl(id, face));
  expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
  await plain.stop();
});

test('two people who are one are merged: faces, recognition and events go over', async () => {
  const double = await enrolled('Franck at the door', 'franck_02045.jpg');
  const { track, socket } = await played({ stream: 'merging' });
  const named = await until(async () => {
    const { events } = await http.events.list({ person: double });
    return events.find((event) => 'track' in event && event.track === track);
  });
  expect(named).toMatchObject({ person: { id: double } });
  const kept = await enrolled('Franck');
  const merged = await http.people.merge(kept, double);
  expect(merged).toMatchObject({ id: kept, name: 'Franck', faces: 1 });
  expect(merged.picture).toEqual(expect.any(String));
  await expect(http.people.get(double)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect((await http.identify(await still('franck_01829.jpg'))).faces[0]?.person).toMatchObject({ id: kept, name: 'Franck' });
  expect((await http.events.list({ person: double })).events).toEqual([]);
  const moved = (await http.events.list({ person: kept })).events;
  expect(moved.find(({ id }) => id === named.id)).toMatchObject({ person: { id: kept, name: 'Franck' } });
  await expect(http.people.merge(kept, kept)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(http.people.merge(kept, double)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await socket.close();
  await http.people.remove(kept);
});

test('of a track is told on what grounds it is named, while it is in view and after it has gone', async () => {
  const franck = await enrolled('Franck', 'franck_02045.jpg');
  const { track, socket } = await played({ stream: 'explained', thumbnails: true });
  const seen = await until(async () => {
    const answer = await http.tracks.get(track);
    return answer.person === null ? undefined : answer;
  });
  expect(seen).toMatchObject({
    track,
    stream: 'explained',
    person: { id: franck, name: 'Franck' },
    threshold: 0.4,
    margin: 0.05,
    model: 'default/fr_feature',
  });
  expect(seen).not.toHaveProperty('reason');
  expect(seen.last_ts).toBeGreaterThan(seen.first_ts);
  expect(seen.votes.some(({ person, counts }) => counts && person?.id === franck)).toBe(true);
  const [best] = seen.faces;
  expect(best).toMatchObject({ refused: null, candidates: [{ id: franck }] });
  expect(best?.measures.size_px).toBeGreaterThan(40);
  expect((await sharp(best?.picture).metadata()).format).toBe('jpeg');
  expect((await sharp(seen.thumbnail).metadata()).format).toBe('jpeg');
  expect(JSON.stringify(await (await fetch(`${service.url}/v1/tracks/${track}`)).json())).not.toContain('embedding');
  socket.send({ t: 'close', stream: 'explained' });
  const gone = await until(async () => {
    const answer = await http.tracks.get(track);
    return answer.state === 'gone' ? answer : undefined;
  });
  expect(gone).toMatchObject({ person: { id: franck } });
  await socket.close();

  await http.people.remove(franck);
  await until(async () => {
    const answer: unknown = await http.tracks.get(track).catch((error: unknown) => error);
    expect(JSON.stringify(answer)).not.toMatch(/Franck|thumbnail|picture/);
    return answer instanceof ServerError && answer.code === 'NOT_FOUND' ? true : undefined;
  });
});

test('of a stranger is told why nobody is named, and enrolling the track keeps the pictures that were seen', async () => {
  await enrolled('Sean', 'SeanConnery.jpg');
  const { track, socket } = await played({ stream: 'stranger', thumbnails: true });
  const seen = await until(async () => {
    const answer = await http.tracks.get(track);
    return answer.votes.length > 0 ? answer : undefined;
  });
  expect(seen).toMatchObject({ person: null, reason: 'below_threshold', candidates: [{ name: 'Sean' }] });
  expect(seen.candidates[0]?.similarity).toBeLessThan(seen.threshold);
  const { id } = await http.people.create({ name: 'Somebody' });
  await http.tracks.enroll(track, id);
  const { faces } = await http.faces.list(id);
  expect(faces[0]?.picture).toBe(true);
  expect((await fetch(http.faces.pictureUrl(id, faces[0]?.id ?? ''))).status).toBe(200);
  await socket.close();
});

test('a track that nobody knows is not found', async () => {
  await expect(http.tracks.get('t-unknown')).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 });
});
