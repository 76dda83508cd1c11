// A client that sends small messages as fast as they go: it is told and cut off, a burst is answered to the end, and the others
// are served meanwhile.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { plainJpeg } from './support/images.js';
import { frame, RawWebSocket } from './support/raw-web-socket.js';
import { startService, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

let service: RunningService;
let face: Buffer;

beforeAll(async () => {
  service = await startService();
  face = await readFile(await fixture('franck_01829.jpg'));
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

test('who never stops sending small messages is disconnected, and others are answered as before', async () => {
  const honest = await Socket.withStream(service.wsUrl, { stream: 'honest' });
  const flood = await RawWebSocket.connect(service.port);
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => frame({ payload: Buffer.from([1, 2]) })));
  let sent = 0;
  for (; sent < 400 && !flood.isClosed; sent++) {
    await flood.send(many);
    if (sent % 20 !== 0) continue;
    honest.raw(face);
    expect(await honest.next('result')).toMatchObject({ status: 'ok' });
  }
  expect(flood.isClosed).toBe(true);
  honest.raw(face);
  expect(await honest.next('result')).toMatchObject({ status: 'ok' });
  await honest.close();
});

test('a burst of thousands of tiny frames is answered frame by frame, in order', async () => {
  const tiny = await plainJpeg();
  const count = 3000;
  const socket = await Socket.withStream(service.wsUrl, { stream: 'burst', tracking: false });
  for (let seq = 0; seq < count; seq++) socket.send({ t: 'frame', stream: 'burst', image: tiny });
  socket.send({ t: 'close', stream: 'burst' });
  const seqs: unknown[] = [];
  while (seqs.length < count) seqs.push((await socket.next('result'))['seq']);
  expect(seqs).toEqual(Array.from({ length: count }, (_, seq) => seq));
  expect((await socket.next('closed'))['stats']).toMatchObject({ received: count, errors: 0 });
  await socket.close();
});

test('thousands of streams opened and closed one after the other leave nothing that slows the next', async () => {
  const socket = await Socket.connect(service.wsUrl, 'onlooker.v1.json');
  await socket.next('hello');
  for (let i = 0; i < 500; i++) {
    socket.send({ t: 'open', stream: `visitor-${i}` });
    socket.send({ t: 'close', stream: `visitor-${i}` });
    expect(await socket.next('opened')).toMatchObject({ stream: `visitor-${i}` });
    expect(await socket.next('closed')).toMatchObject({ stream: `visitor-${i}`, reason: 'client' });
  }
  await socket.close();
});
